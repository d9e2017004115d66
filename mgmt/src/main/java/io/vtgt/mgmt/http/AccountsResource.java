package io.vtgt.mgmt.http;

import io.vertx.core.Future;
import io.vtgt.mgmt.TargetAdmin;
import io.vtgt.mgmt.document.Document.Account;
import io.vtgt.mgmt.document.Pointer;
import java.util.List;
import java.util.Optional;

/// `/v1/accounts`: CHAP names. Their secrets come in and never go out: only `/v1/config` shows
/// them, when asked to.
final class AccountsResource implements Resource {
  private final TargetAdmin admin;
  private final Editor editor;

  AccountsResource(TargetAdmin admin, Editor editor) {
    this.admin = admin;
    this.editor = editor;
  }

  @Override
  public List<Endpoint> endpoints() {
    return List.of(
        Endpoint.get("/v1/accounts", "All accounts; secrets are masked", this::list),
        Endpoint.post("/v1/accounts", "Add an account", Account.class, this::add),
        Endpoint.get("/v1/accounts/{name}", "One account; its secret is masked", this::show)
            .answering(Account.class),
        Endpoint.put(
            "/v1/accounts/{name}", "Give an account another secret", Account.class, this::replace),
        Endpoint.delete("/v1/accounts/{name}", "Remove an account", this::remove));
  }

  private Future<Reply> list(Call call) {
    var current = admin.current();
    return Future.succeededFuture(
        Reply.ok(current.document().accounts().stream().map(Secrets::masked).toList())
            .withEtag(current.version()));
  }

  private Future<Reply> show(Call call) {
    var current = admin.current();
    var accounts = current.document().accounts();
    var account = accounts.get(index(accounts, call.path("name")));
    return Future.succeededFuture(Reply.ok(Secrets.masked(account)).withEtag(current.version()));
  }

  private Future<Reply> add(Call call) {
    var body = call.body(Account.class);
    var name = body.value().name();
    return editor
        .apply(
            call,
            Optional.of(body.places()),
            current -> {
              var accounts =
                  Named.plus(
                      current.accounts(), body.value(), it -> it.name().equals(name), what(name));
              return new Editor.Edited(
                  current.withAccounts(accounts), pointer(accounts.size() - 1));
            })
        .map(reply -> Locations.created(call, reply, "/v1/accounts", name));
  }

  private Future<Reply> replace(Call call) {
    var body = call.body(Account.class);
    Locations.checkSame(body, "name", body.value().name(), call.path("name"));
    return editor.apply(
        call,
        Optional.of(body.places()),
        current -> {
          int index = index(current.accounts(), call.path("name"));
          return new Editor.Edited(
              current.withAccounts(Named.replaced(current.accounts(), index, body.value())),
              pointer(index));
        });
  }

  private Future<Reply> remove(Call call) {
    return editor.apply(
        call,
        Optional.empty(),
        current -> {
          int index = index(current.accounts(), call.path("name"));
          return new Editor.Edited(
              current.withAccounts(Named.without(current.accounts(), index)), pointer(index));
        });
  }

  private static int index(List<Account> accounts, String name) {
    return Named.indexOf(accounts, it -> it.name().equals(name), what(name));
  }

  private static String pointer(int index) {
    return Pointer.child("/accounts", index);
  }

  private static String what(String name) {
    return "account \"" + name + "\"";
  }
}
