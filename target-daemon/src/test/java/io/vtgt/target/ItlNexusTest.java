package io.vtgt.target;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vtgt.scsi.Asc;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ItlNexusTest {
  private final ItlNexus itl = new ItlNexus(null, null, 0);

  @Test
  void attentions_areTakenInOrderAndOnce() {
    itl.establish(Asc.MODE_PARAMETERS_CHANGED);
    itl.establish(Asc.CAPACITY_DATA_HAS_CHANGED);
    itl.establish(Asc.MODE_PARAMETERS_CHANGED);
    assertTrue(itl.attentionPending());
    assertEquals(List.of(Asc.MODE_PARAMETERS_CHANGED, Asc.CAPACITY_DATA_HAS_CHANGED), takeAll());
    assertFalse(itl.attentionPending());
  }

  @Test
  void reset_goesFirst() {
    itl.establish(Asc.CAPACITY_DATA_HAS_CHANGED);
    itl.establish(Asc.BUS_DEVICE_RESET_FUNCTION_OCCURRED);
    assertEquals(
        List.of(Asc.BUS_DEVICE_RESET_FUNCTION_OCCURRED, Asc.CAPACITY_DATA_HAS_CHANGED), takeAll());
  }

  @Test
  void ofSeveralResets_theHighestStays() {
    itl.establish(Asc.I_T_NEXUS_LOSS_OCCURRED);
    itl.establish(Asc.POWER_ON_RESET_OR_BUS_DEVICE_RESET_OCCURRED);
    itl.establish(Asc.BUS_DEVICE_RESET_FUNCTION_OCCURRED);
    assertEquals(List.of(Asc.POWER_ON_RESET_OR_BUS_DEVICE_RESET_OCCURRED), takeAll());
  }

  @Test
  void clear_removesOneKind() {
    itl.establish(Asc.REPORTED_LUNS_DATA_HAS_CHANGED);
    itl.clear(Asc.REPORTED_LUNS_DATA_HAS_CHANGED);
    assertFalse(itl.attentionPending());
    assertEquals(Optional.empty(), itl.take());
  }

  private List<Asc> takeAll() {
    var taken = new ArrayList<Asc>();
    for (Optional<Asc> asc = itl.take(); asc.isPresent(); asc = itl.take()) {
      taken.add(asc.get());
    }
    return taken;
  }
}
