package io.vtgt.mgmt.http;

import io.vtgt.mgmt.document.Document.Account;
import io.vtgt.mgmt.document.Pointer;
import io.vtgt.mgmt.document.Reading;
import io.vtgt.mgmt.document.Violation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Keeps secrets out of answers, and keeps them when a document comes back without them.
final class Secrets {
  /// Shorter than any secret may be.
  static final String MASK = "********";

  private Secrets() {}

  static List<Account> masked(List<Account> accounts) {
    return accounts.stream().map(Secrets::masked).toList();
  }

  static Account masked(Account account) {
    return new Account(account.name(), MASK);
  }

  /// The accounts with the secret in force where the mask stands; a mask that stands for nothing is
  /// refused.
  static List<Account> unmasked(
      List<Account> wanted, List<Account> current, Reading.Places places) {
    var accounts = new ArrayList<Account>();
    var faults = new ArrayList<HttpFailure.Fault>();
    for (int i = 0; i < wanted.size(); i++) {
      var account = wanted.get(i);
      var whole = unmasked(account, current);
      if (whole.isEmpty()) {
        var pointer = Pointer.child(Pointer.child("/accounts", i), "secret");
        faults.add(HttpFailure.Fault.of(places.locate(new Violation(pointer, missing(account)))));
      }
      accounts.add(whole.orElse(account));
    }
    if (!faults.isEmpty()) {
      throw new HttpFailure(HttpFailure.Kind.INVALID, faults.getFirst().message(), faults);
    }
    return accounts;
  }

  static Optional<Account> unmasked(Account wanted, List<Account> current) {
    return wanted.secret().equals(MASK)
        ? current.stream().filter(it -> it.name().equals(wanted.name())).findFirst()
        : Optional.of(wanted);
  }

  private static String missing(Account account) {
    return "the secret is masked, and there is no account \""
        + account.name()
        + "\" whose secret could be kept";
  }
}
