package io.vtgt.daemon;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import io.vtgt.daemon.Reconciler.Settings;
import io.vtgt.iscsi.login.LoginKey;
import io.vtgt.mgmt.TargetAdmin.KindDescription;
import io.vtgt.mgmt.TargetAdmin.MediaDescription;
import io.vtgt.mgmt.TargetAdmin.OptionDescription;
import io.vtgt.mgmt.document.Document;
import io.vtgt.mgmt.document.Violation;
import io.vtgt.store.BackingStore;
import io.vtgt.store.StoreFault;
import io.vtgt.store.StoreGate;
import io.vtgt.store.StoreProvider;
import io.vtgt.store.StoreProvider.OpenRequest;
import io.vtgt.store.Stores;
import io.vtgt.store.Stores.LayerSpec;
import io.vtgt.target.Announcer;
import io.vtgt.target.AwayPolicy;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.LogicalUnitState;
import io.vtgt.target.ModeSettings;
import io.vtgt.target.ThinThreshold;
import io.vtgt.target.UnitMemory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Makes logical units out of what the document says of them: opens the store under its layers,
/// puts the gate before it, gives the unit its identity.
final class Units implements Reconciler.UnitOpener {
  private static final String KIND = "kind";

  /// What INQUIRY says where the document is silent (SPC-5, standard INQUIRY data).
  private static final String VENDOR = "VTGT", PRODUCT = "VIRTUAL-DISK", REVISION = "0001";

  /// How [Stores#check] names an option of a layer.
  private static final Pattern LAYER_OPTION = Pattern.compile("layers\\[(\\d+)]\\.(.*)");

  private final Vertx vertx;
  private final Path dataFolder;
  private final Identities identities;
  private final StateStore state;
  private final Announcer announcer;

  /// @param announcer hears what an operator should hear of the units
  Units(
      Vertx vertx, Path dataFolder, Identities identities, StateStore state, Announcer announcer) {
    this.vertx = vertx;
    this.dataFolder = dataFolder;
    this.identities = identities;
    this.state = state;
    this.announcer = announcer;
  }

  /// Gives every unit of the document a UUID that stays; before any of them is opened.
  Future<Void> remember(Document document) {
    var names = new ArrayList<String>();
    for (var target : document.targets()) {
      target.units().forEach(unit -> names.add(Running.unitName(target.name(), unit)));
    }
    return identities.ensure(names);
  }

  Identities.Identity identity(String name, Document.Unit unit) {
    return identities.of(name, unit.identity());
  }

  @Override
  public Future<LogicalUnit> open(String name, Document.Unit unit, Document.Limits limits) {
    return StoredUnitMemory.open(state, identity(name, unit).uuid())
        .compose(
            memory ->
                openStore(name, unit)
                    .map(store -> unit(store, memory, settings(name, unit, limits))));
  }

  /// @return fails also when the store cannot be served with the unit's block size
  @Override
  public Future<BackingStore> openStore(String name, Document.Unit unit) {
    var request = new OpenRequest(vertx, name, options(unit.store()), dataFolder, unit.readOnly());
    return Stores.open(kind(unit.store()), request, layersOutwards(unit))
        .compose(
            store -> {
              var unfit = unfit(store, unit);
              return unfit.isEmpty()
                  ? Future.succeededFuture(store)
                  : store
                      .close()
                      .transform(
                          _ ->
                              Future.failedFuture(
                                  new StoreFault(StoreFault.Kind.UNSUPPORTED, unfit)));
            });
  }

  @Override
  public Future<Void> restack(LogicalUnit running, Document.Unit wanted) {
    return running
        .gate()
        .restack(
            layersOutwards(wanted),
            store -> Optional.of(unfit(store, wanted)).filter(why -> !why.isEmpty()));
  }

  /// Why the store cannot be served with the unit's block size; empty when it can.
  private static String unfit(BackingStore store, Document.Unit unit) {
    var geometry = store.geometry();
    if (geometry.blockBytes() > unit.blockSize()) {
      return "the store reads and writes blocks of "
          + geometry.blockBytes()
          + " bytes, more than the unit's blockSize "
          + unit.blockSize();
    }
    return geometry.bytes() < unit.blockSize()
        ? "the store holds " + geometry.bytes() + " bytes, less than one block"
        : "";
  }

  private LogicalUnit unit(BackingStore store, UnitMemory memory, Settings settings) {
    var gate = new StoreGate(vertx, store, settings.gate());
    // Each unit on its own event loop, in turn, as Vert.x deals them out.
    var owner = ((VertxInternal) vertx).createEventLoopContext();
    var atFirst = LogicalUnitState.INITIAL.withMode(settings.modeAtFirst());
    var unit = new LogicalUnit(settings.profile(), gate, atFirst, owner, memory);
    unit.announce(announcer);
    return unit;
  }

  @Override
  public Settings settings(String name, Document.Unit unit, Document.Limits limits) {
    int deadlineSeconds =
        unit.storeDeadlineSeconds() != 0
            ? unit.storeDeadlineSeconds()
            : limits.storeDeadlineSeconds();
    return new Settings(
        profile(name, unit), modeAtFirst(unit), new StoreGate.Options(deadlineSeconds * 1000L));
  }

  private LogicalUnit.Profile profile(String name, Document.Unit unit) {
    var identity = identity(name, unit);
    return new LogicalUnit.Profile(
        name,
        identity.uuid(),
        identity.naa(),
        identity.serial(),
        unit.identity().vendor().orElse(VENDOR),
        unit.identity().product().orElse(PRODUCT),
        unit.identity().revision().orElse(REVISION),
        unit.blockSize(),
        Math.max(unit.physicalBlockSize(), unit.blockSize()),
        unit.thin(),
        unit.unmapCommand(),
        unit.maxCompareAndWriteBlocks(),
        unit.removable(),
        unit.readOnly(),
        unit.rotationRate(),
        unit.identity().scsiId().orElse(identity.serial()),
        unit.online(),
        unit.lowestAlignedBlock(),
        unit.optimalTransferBlocks(),
        unit.optimalTransferGranularityBlocks(),
        new ThinThreshold(unit.thinThreshold().usedPercent(), unit.thinThreshold().freeBytes()),
        unit.longCdbs(),
        AwayPolicy.of(unit.whenStoreIsAway()));
  }

  private static ModeSettings modeAtFirst(Document.Unit unit) {
    var mode = unit.mode();
    return ModeSettings.INITIAL
        .withWriteCacheEnabled(mode.writeCache())
        .withDescriptorSense(mode.descriptorSense())
        .withSoftwareWriteProtect(mode.softwareWriteProtect())
        .withTaskAbortedStatus(mode.taskAbortedStatus());
  }

  /// What is wrong with stores, layers and login keys; [io.vtgt.mgmt.document.Validation] has
  /// passed.
  List<Violation> check(Document document) {
    var violations = new ArrayList<Violation>();
    for (int t = 0; t < document.targets().size(); t++) {
      var units = document.targets().get(t).units();
      for (int u = 0; u < units.size(); u++) {
        check("/targets/" + t + "/units/" + u, units.get(u), violations);
      }
    }
    document
        .login()
        .keys()
        .forEach(
            (key, value) ->
                keyFault(key, value)
                    .ifPresent(it -> violations.add(new Violation("/login/keys/" + key, it))));
    return violations;
  }

  private static Optional<String> keyFault(String key, String value) {
    var known = LoginKey.of(key);
    return known.isEmpty()
        ? Optional.of(key + " is no key of a login (RFC 7143 section 13)")
        : known.get().offerFault(value);
  }

  private static void check(String at, Document.Unit unit, List<Violation> violations) {
    var faults = Stores.check(kind(unit.store()), options(unit.store()), layersOutwards(unit));
    for (var fault : faults) {
      Matcher layer = LAYER_OPTION.matcher(fault.option());
      var place =
          layer.matches()
              ? "/layers/"
                  + (unit.layers().size() - 1 - Integer.parseInt(layer.group(1)))
                  + "/"
                  + layer.group(2)
              : "/store/" + fault.option();
      violations.add(new Violation(at + place, fault.message()));
    }
  }

  /// The document lists layers from the outermost, the stores from the innermost.
  private static List<LayerSpec> layersOutwards(Document.Unit unit) {
    return unit.layers().reversed().stream()
        .map(layer -> new LayerSpec(kind(layer), options(layer)))
        .toList();
  }

  private static String kind(Map<String, Object> options) {
    return String.valueOf(options.get(KIND));
  }

  private static Map<String, Object> options(Map<String, Object> withKind) {
    var options = new HashMap<>(withKind);
    options.remove(KIND);
    return options;
  }

  /// Media of the kinds of stores there are.
  ///
  /// @param document the one in force
  StoreMedia media(Supplier<Document> document) {
    return new StoreMedia(vertx, dataFolder, Stores.stores(), document);
  }

  static List<KindDescription> storeKinds() {
    return Stores.stores().stream().map(Units::describe).toList();
  }

  private static KindDescription describe(StoreProvider provider) {
    return new KindDescription(
        provider.kind(),
        provider.summary(),
        describe(provider.options()),
        provider
            .media()
            .map(
                it ->
                    new MediaDescription(
                        it.nameOption(),
                        describe(it.placeOptions()),
                        describe(it.creationOptions()))));
  }

  static List<KindDescription> layerKinds() {
    return Stores.layers().stream()
        .map(it -> describe(it.kind(), it.summary(), it.options()))
        .toList();
  }

  private static KindDescription describe(
      String kind, String summary, List<StoreProvider.Option> options) {
    return new KindDescription(kind, summary, describe(options));
  }

  private static List<OptionDescription> describe(List<StoreProvider.Option> options) {
    return options.stream()
        .map(
            it ->
                new OptionDescription(
                    it.name(), it.type(), it.required(), it.defaultValue(), it.meaning()))
        .toList();
  }
}
