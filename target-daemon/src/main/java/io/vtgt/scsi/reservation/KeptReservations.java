package io.vtgt.scsi.reservation;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vtgt.scsi.reservation.ReservationState.Registration;
import io.vtgt.scsi.reservation.ReservationState.Reservation;
import io.vtgt.target.Nexus;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/// The form in which persistent reservations outlive a power cycle (SPC-5, Preserving persistent
/// reservations and registrations through power loss): of each registration the initiator port, the
/// target port and the key; of the reservation type and holder. The scope is always the unit's, and
/// PRGENERATION begins at 0 again.
///
/// ```
/// {"form": 1, "aptpl": true,
///  "registrations": [
///    {"initiator": "iqn.…", "isid": "400001370000", "target": "iqn.…", "portalGroup": 1,
///     "key": "0000000000000abc"}],
///  "reservation": {"type": "WRITE_EXCLUSIVE", "holder": 0}}
/// ```
///
/// `holder` is a place in `registrations`; the all registrants types have none. Without APTPL there
/// is nothing but `"aptpl": false`.
final class KeptReservations {
  /// The part of [io.vtgt.target.UnitMemory] that holds them.
  static final String PART = "reservations";

  private static final int FORM = 1;
  private static final HexFormat HEX = HexFormat.of();
  private static final int ISID_DIGITS = 12, KEY_DIGITS = 16;

  private KeptReservations() {}

  static JsonObject encode(ReservationState state) {
    var json = new JsonObject().put("form", FORM).put("aptpl", state.aptpl());
    if (!state.aptpl()) {
      return json;
    }
    var nexuses = new ArrayList<Nexus.Id>();
    var registrations = new JsonArray();
    for (var each : state.registrations()) {
      var nexus = each.nexus();
      nexuses.add(nexus);
      registrations.add(
          new JsonObject()
              .put("initiator", nexus.initiatorName())
              .put("isid", HEX.toHexDigits(nexus.isid(), ISID_DIGITS))
              .put("target", nexus.targetName())
              .put("portalGroup", nexus.portalGroup())
              .put("key", HEX.toHexDigits(each.key(), KEY_DIGITS)));
    }
    json.put("registrations", registrations);
    state
        .reservation()
        .ifPresent(
            held -> {
              var reservation = new JsonObject().put("type", held.type().name());
              held.holder().ifPresent(it -> reservation.put("holder", nexuses.indexOf(it)));
              json.put("reservation", reservation);
            });
    return json;
  }

  /// @throws RuntimeException when it is not what [#encode] makes: then nobody knows who may use
  ///   the unit
  static ReservationState decode(JsonObject json) {
    if (required(json.getInteger("form"), "form") != FORM) {
      throw new IllegalArgumentException("form " + json.getInteger("form") + ", expected " + FORM);
    }
    if (!required(json.getBoolean("aptpl"), "aptpl")) {
      return ReservationState.NONE;
    }
    List<Registration> registrations = new ArrayList<>();
    for (Object each : required(json.getJsonArray("registrations"), "registrations")) {
      var entry = (JsonObject) each;
      var nexus =
          new Nexus.Id(
              required(entry.getString("initiator"), "initiator"),
              HexFormat.fromHexDigitsToLong(required(entry.getString("isid"), "isid")),
              required(entry.getString("target"), "target"),
              required(entry.getInteger("portalGroup"), "portalGroup"));
      long key = HexFormat.fromHexDigitsToLong(required(entry.getString("key"), "key"));
      registrations.add(new Registration(nexus, key));
    }
    Optional<Reservation> reservation = Optional.empty();
    var held = json.getJsonObject("reservation");
    if (held != null) {
      var holder = Optional.ofNullable(held.getInteger("holder"));
      reservation =
          Optional.of(
              new Reservation(
                  ReservationType.valueOf(required(held.getString("type"), "type")),
                  holder.map(place -> registrations.get(place).nexus())));
    }
    return new ReservationState(0, registrations, reservation, true);
  }

  private static <T> T required(T value, String name) {
    if (value == null) {
      throw new IllegalArgumentException(name + " is missing");
    }
    return value;
  }
}
