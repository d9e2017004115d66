package io.vtgt.store.sheepdog;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.EventLoop;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Writes entries of the map into the inode object: those of one turn of the event loop that are
/// neighbours in one request. Belongs to the store's event loop.
final class MapWriter {
  /// More wait, and find neighbours meanwhile.
  private static final int MOST_UNDER_WAY = 8;

  private static final int MOST_ENTRIES = 1024;

  private final EventLoop loop;
  private final Vdi vdi;
  private final SheepLink link;
  private final Counts counts;

  // Touched on the event loop only.
  private final TreeMap<Integer, Entry> waiting = new TreeMap<>();
  private int underWay;
  private boolean scheduled;

  private record Entry(Vdi.View view, Promise<SheepResponse> promise) {}

  MapWriter(EventLoop loop, Vdi vdi, SheepLink link, Counts counts) {
    this.loop = loop;
    this.vdi = vdi;
    this.link = link;
    this.counts = counts;
  }

  /// Writes that the VDI of `view` owns the object now. Once at a time for an object.
  ///
  /// @return the answer; fails with [LinkLost], not sent, also when the view is no longer the one
  ///   in force: then the entry would go into the inode of a snapshot
  Future<SheepResponse> own(Vdi.View view, int index) {
    var entry = new Entry(view, Promise.promise());
    waiting.put(index, entry);
    schedule();
    return entry.promise().future();
  }

  private void schedule() {
    if (!scheduled && !waiting.isEmpty() && underWay < MOST_UNDER_WAY) {
      scheduled = true;
      loop.execute(this::writeAll);
    }
  }

  private void writeAll() {
    scheduled = false;
    while (!waiting.isEmpty() && underWay < MOST_UNDER_WAY) {
      writeRun();
    }
  }

  private void writeRun() {
    int first = waiting.firstKey();
    Vdi.View view = waiting.firstEntry().getValue().view();
    List<Promise<SheepResponse>> run = new ArrayList<>();
    for (Map.Entry<Integer, Entry> next = waiting.firstEntry();
        next != null
            && next.getKey() == first + run.size()
            && next.getValue().view().equals(view)
            && run.size() < MOST_ENTRIES;
        next = waiting.firstEntry()) {
      run.add(waiting.pollFirstEntry().getValue().promise());
    }
    if (!vdi.inForce(view)) {
      run.forEach(promise -> promise.fail(new LinkLost("the VDI is looked up anew", false)));
      return;
    }
    ByteBuf entries = PooledByteBufAllocator.DEFAULT.directBuffer(run.size() * Inode.ENTRY_LENGTH);
    for (int i = 0; i < run.size(); i++) {
      entries.writeIntLE(view.vid());
    }
    underWay++;
    counts.add(Counts.Count.MAP_WRITES);
    int offset = Inode.MAP_OFFSET + first * Inode.ENTRY_LENGTH;
    link.send(SheepRequest.write(Oid.inode(view.vid()), offset, entries, view.inode()))
        .onComplete(
            answer -> {
              entries.release();
              underWay--;
              schedule();
              run.forEach(promise -> promise.handle(answer));
            });
  }
}
