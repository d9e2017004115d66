package io.vtgt.mgmt.http;

import io.vertx.core.Future;
import io.vtgt.mgmt.MediaAdmin;
import io.vtgt.mgmt.MediaAdmin.Where;
import io.vtgt.mgmt.TargetAdmin;
import io.vtgt.mgmt.TargetAdmin.OptionDescription;
import io.vtgt.mgmt.document.DocumentFormat;
import io.vtgt.mgmt.document.Reading;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// `/v1/stores/{kind}/media` and `/v1/stores/{kind}/trash`: images of a store, served or not. Where
/// they live (for RBD the cluster and the pool) stands in the query, by the names that the options
/// have in the document.
final class MediaResource implements Resource {
  private static final String PATH = "/v1/stores/{kind}/media";
  private static final String TRASH = "/v1/stores/{kind}/trash";

  /// Who removes for good says the name once more.
  private static final String FOR_GOOD = "forGood";

  private static final String SECRET = "secret";

  /// A dry run would have to ask the store, which knows only when it does it.
  private static final Endpoint.Query[] NO_QUERY = {};

  private final TargetAdmin admin;

  MediaResource(TargetAdmin admin) {
    this.admin = admin;
  }

  @Override
  public List<Endpoint> endpoints() {
    return List.of(
        Endpoint.get(PATH, "The media of a store, and which units serve them", this::list)
            .takingOptions(),
        Endpoint.post(
                PATH, "Make a medium, or a clone of a snapshot", NewMedium.class, this::create)
            .answering(MediaAdmin.MediumDetails.class)
            .takingOptions(),
        Endpoint.get(PATH + "/{medium}", "One medium", this::show)
            .answering(MediaAdmin.MediumDetails.class)
            .takingOptions(),
        Endpoint.delete(
                PATH + "/{medium}",
                "Throw a medium into the trash; with forGood=NAME, its own name, its data is lost",
                this::remove)
            .answeringNothing()
            .query(NO_QUERY)
            .takingOptions(),
        Endpoint.get(TRASH, "What was thrown away and can be taken back", this::trash)
            .takingOptions(),
        Endpoint.action(TRASH + "/{id}/restore", "Take a medium back", this::restore)
            .takingOptions());
  }

  /// What a POST carries: public for the reader of documents, which makes it by reflection.
  ///
  /// @param options those of a new medium, such as `size`
  public record NewMedium(String name, Map<String, Object> options) {}

  private Future<Reply> list(Call call) {
    return admin.media().list(place(call, call.options())).map(Reply::ok);
  }

  private Future<Reply> show(Call call) {
    return admin.media().describe(place(call, call.options()), call.path("medium")).map(Reply::ok);
  }

  private Future<Reply> create(Call call) {
    var medium = call.body(NewMedium.class).value();
    var place = place(call, call.options());
    boolean dryRun = call.is(Endpoint.Query.DRY_RUN);
    return admin
        .media()
        .create(place, medium.name(), medium.options(), dryRun)
        .compose(
            _ ->
                dryRun
                    ? Future.succeededFuture(Reply.noContent())
                    : admin
                        .media()
                        .describe(place, medium.name())
                        .map(
                            it ->
                                Reply.ok(it)
                                    .withStatus(201)
                                    .with("Location", location(call, medium.name()))));
  }

  private static String location(Call call, String name) {
    var query =
        call.options().entrySet().stream()
            .map(it -> Locations.encode(it.getKey()) + "=" + Locations.encode(it.getValue()))
            .collect(Collectors.joining("&"));
    return "/v1/stores/%s/media/%s%s"
        .formatted(
            Locations.encode(call.path("kind")),
            Locations.encode(name),
            query.isEmpty() ? "" : "?" + query);
  }

  private Future<Reply> remove(Call call) {
    var name = call.path("medium");
    var options = new LinkedHashMap<>(call.options());
    var repeated = Optional.ofNullable(options.remove(FOR_GOOD));
    if (repeated.isPresent() && !repeated.get().equals(name)) {
      throw new HttpFailure(
          HttpFailure.Kind.CONFLICT,
          FOR_GOOD
              + " is \""
              + repeated.get()
              + "\"; to lose the data it must be \""
              + name
              + "\"");
    }
    return admin
        .media()
        .remove(place(call, options), name, repeated.isPresent())
        .map(Reply.noContent());
  }

  private Future<Reply> trash(Call call) {
    return admin.media().trash(place(call, call.options())).map(Reply::ok);
  }

  private Future<Reply> restore(Call call) {
    return admin
        .media()
        .restore(place(call, call.options()), call.path("id"))
        .map(Reply.noContent());
  }

  private Where place(Call call, Map<String, String> texts) {
    var kind = call.path("kind");
    Map<String, OptionDescription> known = new LinkedHashMap<>();
    admin.storeKinds().stream()
        .filter(it -> it.kind().equals(kind))
        .flatMap(it -> it.media().stream())
        .flatMap(it -> it.place().stream())
        .forEach(it -> known.put(it.name(), it));
    var options = new LinkedHashMap<String, Object>();
    texts.forEach(
        (name, text) ->
            options.put(name, known.containsKey(name) ? value(known.get(name), text) : text));
    return new Where(kind, options);
  }

  /// Text of the wrong shape stays text, for the daemon to refuse by name.
  private static Object value(OptionDescription option, String text) {
    try {
      return switch (option.type()) {
        case "boolean" ->
            text.equals("true") || text.equals("false") ? (Object) text.equals("true") : text;
        case "integer" -> Long.parseLong(text);
        case "number" -> new BigDecimal(text);
        case "array", "object" -> plain(text);
        case SECRET ->
            throw new HttpFailure(
                HttpFailure.Kind.MALFORMED,
                "\"" + option.name() + "\" is a secret and has no place in an address");
        default -> text;
      };
    } catch (NumberFormatException e) {
      return text;
    }
  }

  private static Object plain(String text) {
    return switch (DocumentFormat.JSON.read("{\"value\": " + text + "}", Plain.class)) {
      case Reading.Good<Plain>(var plain, var _) -> plain.value();
      case Reading.Bad<Plain> _ -> text;
    };
  }

  /// Any value.
  public record Plain(Object value) {}
}
