package io.vtgt.mgmt.http;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// The OpenAPI 3.1 description of the table: paths from its rows, schemas from the records.
final class OpenApi {
  /// Parameters whose names are those of options, which differ from kind to kind.
  private static final Map<String, Object> OPTIONS =
      Map.of(
          "name",
          "options",
          "in",
          "query",
          "description",
          "options by their names, see /v1/stores",
          "style",
          "form",
          "explode",
          true,
          "schema",
          Map.of("type", "object", "additionalProperties", Map.of("type", "string")));

  private final Map<String, Object> schemas = new LinkedHashMap<>();
  private final Map<Class<?>, String> named = new HashMap<>();

  private OpenApi() {}

  static Map<String, Object> describe(List<Endpoint> endpoints) {
    return new OpenApi().document(endpoints);
  }

  private Map<String, Object> document(List<Endpoint> endpoints) {
    var paths = new LinkedHashMap<String, Map<String, Object>>();
    for (var endpoint : endpoints) {
      paths
          .computeIfAbsent(endpoint.path(), _ -> new LinkedHashMap<>())
          .put(endpoint.method().name().toLowerCase(Locale.ROOT), operation(endpoint));
    }
    var document = new LinkedHashMap<String, Object>();
    document.put("openapi", "3.1.0");
    document.put("info", Map.of("title", "vtgt management", "version", "1"));
    document.put("paths", paths);
    document.put("components", Map.of("schemas", schemas));
    return document;
  }

  private Map<String, Object> operation(Endpoint endpoint) {
    var operation = new LinkedHashMap<String, Object>();
    operation.put("summary", endpoint.summary());
    operation.put("parameters", parameters(endpoint));
    endpoint
        .body()
        .ifPresent(
            it -> operation.put("requestBody", Map.of("required", true, "content", content(it))));
    var success = new LinkedHashMap<String, Object>();
    success.put("description", "done");
    endpoint.answer().ifPresent(it -> success.put("content", content(it)));
    var failure =
        Map.of(
            "description",
            "refused",
            "content",
            Map.of(
                "application/problem+json", Map.of("schema", schema(HttpFailure.Details.class))));
    operation.put("responses", new LinkedHashMap<>(Map.of("2XX", success, "default", failure)));
    return operation;
  }

  private static List<Object> parameters(Endpoint endpoint) {
    var parameters = new ArrayList<Object>();
    endpoint
        .variables()
        .forEach(
            name ->
                parameters.add(
                    Map.of(
                        "name",
                        name,
                        "in",
                        "path",
                        "required",
                        true,
                        "schema",
                        Map.of("type", "string"))));
    endpoint
        .query()
        .forEach(
            flag ->
                parameters.add(
                    Map.of(
                        "name",
                        flag.text,
                        "in",
                        "query",
                        "description",
                        flag.meaning,
                        "schema",
                        Map.of("type", "boolean"))));
    if (endpoint.takesOptions()) {
      parameters.add(OPTIONS);
    }
    return parameters;
  }

  private Map<String, Object> content(Class<? extends Record> type) {
    var schema = Map.of("schema", schema(type));
    return Map.of("application/json", schema, "application/yaml", schema);
  }

  private Map<String, Object> schema(Type type) {
    if (type instanceof ParameterizedType generic) {
      var arguments = generic.getActualTypeArguments();
      if (generic.getRawType() == Optional.class) {
        return schema(arguments[0]);
      }
      return generic.getRawType() == List.class
          ? Map.of("type", "array", "items", schema(arguments[0]))
          : Map.of("type", "object", "additionalProperties", schema(arguments[1]));
    }
    var plain = (Class<?>) type;
    if (plain.isRecord()) {
      return reference(plain);
    }
    if (plain == String.class) {
      return Map.of("type", "string");
    }
    if (plain == boolean.class) {
      return Map.of("type", "boolean");
    }
    return plain == Object.class ? Map.of() : Map.of("type", "integer");
  }

  /// Its own name, or with that of where it stands when another has the same.
  private String name(Class<?> type) {
    var enclosing = type.getEnclosingClass();
    return named.computeIfAbsent(
        type,
        _ ->
            named.containsValue(type.getSimpleName()) && enclosing != null
                ? enclosing.getSimpleName() + type.getSimpleName()
                : type.getSimpleName());
  }

  private Map<String, Object> reference(Class<?> type) {
    var name = name(type);
    if (!schemas.containsKey(name)) {
      var properties = new LinkedHashMap<String, Object>();
      schemas.put(name, new LinkedHashMap<>(Map.of("type", "object", "properties", properties)));
      for (var component : type.getRecordComponents()) {
        properties.put(component.getName(), schema(component.getGenericType()));
      }
    }
    return Map.of("$ref", "#/components/schemas/" + name);
  }
}
