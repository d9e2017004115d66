package io.vtgt.mgmt.document;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class DocumentFormatTest {

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
  void randomDocument_writtenAndRead_isTheSame(int seedPart) {
    for (int i = 0; i < 40; i++) {
      long seed = seedPart * 1000L + i;
      var document = new RandomDocuments(new Random(seed)).document();
      for (var format : DocumentFormat.values()) {
        var text = format.write(document);
        assertEquals(
            document,
            format.readValid(text.getBytes(UTF_8)).orElseThrow(),
            "seed " + seed + " " + text);
      }
    }
  }

  @Test
  void documentOfOneField_read_hasTheDefaults() {
    var document = DocumentFormat.YAML.readValid("version: 1".getBytes(UTF_8)).orElseThrow();
    assertEquals(DocumentDefaults.document().withPortals(List.of()), document);
    assertEquals("127.0.0.1:9260", document.http().listen());
    assertEquals(new Document.Login(Map.of(), 15, 30, 30, 128), document.login());
    assertEquals(new Document.Limits(1024, 256L << 20, 30), document.limits());
  }

  @Test
  void embeddedDocument_validated_isRight() {
    assertEquals(List.of(), Validation.check(DocumentDefaults.document()));
  }

  @Test
  void mistakesOfEveryKind_read_areAllToldWithPlaceAndPointer() {
    assertProblems(
        DocumentFormat.YAML,
        """
        version: one
        htpp: {listen: 127.0.0.1:1}
        login:
          commandWindow: 99999999999
          nopIntervalSeconds: 1.5
          keys: [a]
        limits: {dataBudgetBytes: 1GB}
        limits: {}
        accounts:
          - name: a
            secret: [a]
          -
        portals:
          - {group: 1}
        targets:
          - name: x
            units: {lun: 0}
            access: [{luns: [a, 2, true]}]
          - 7
        """,
        """
        line 1, column 10 (/version): the text "one" where a whole number is expected
        line 2, column 1 (/htpp): there is no field "htpp" (did you mean "http"?); allowed are version, http, portals, accounts, discovery, login, limits, targets
        line 4, column 18 (/login/commandWindow): the number 99999999999 where a whole number of at most 31 bits is expected
        line 5, column 23 (/login/nopIntervalSeconds): the number 1.5 where a whole number is expected
        line 6, column 9 (/login/keys): a list where a mapping of names to values is expected
        line 7, column 27 (/limits/dataBudgetBytes): the text "1GB" where bytes, or a size such as 512KiB, 256MiB, 1GiB, 2TiB is expected
        line 8, column 1 (/limits): "limits" is here a second time, the first is in line 7
        line 11, column 13 (/accounts/0/secret): something else where text is expected
        line 12, column 4 (/accounts/1): nothing where a mapping of fields: name, secret is expected
        line 14, column 5 (/portals/0/listen): "listen" is missing
        line 17, column 12 (/targets/0/units): a mapping where a list is expected
        line 18, column 22 (/targets/0/access/0/luns/0): the text "a" where a whole number is expected
        line 18, column 28 (/targets/0/access/0/luns/2): true where a whole number is expected
        line 19, column 5 (/targets/1): the number 7 where a mapping of fields: name, alias, portalGroups, access, authentication, redirect, units, alua is expected
        """);
  }

  @Test
  void wrongMeaning_read_isToldWithThePlaceInTheText() {
    assertProblems(
        DocumentFormat.JSON,
        """
        {"targets": [
          {"name": "iqn.2026-11.com.example:a",
           "units": [{"lun": 20000, "store": {}}]}
        ]}
        """,
        """
        line 3, column 22 (/targets/0/units/0/lun): 20000; 0 to 16383 are allowed
        line 3, column 38 (/targets/0/units/0/store/kind): a store needs a kind, such as kind: file
        """);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{",
        "{\"a\" 1}",
        "[1",
        "{\"version\": 1} 2",
        "{\"version\": 01}",
        "{'a': 1}",
        "nul",
        "{\"a\": NaN}",
        "{\"a\": 1e999}",
        "",
        " ",
        "null",
        "[]",
        "3",
        "\"text\""
      })
  void notADocumentOfJson_read_isOneProblemOrMore(String text) {
    assertInstanceOf(Reading.Bad.class, DocumentFormat.JSON.readValid(text.getBytes(UTF_8)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{",
        "a: b: c",
        "\ta: 1",
        "[1",
        "version: 1\n---\nversion: 1",
        "- a",
        "",
        "#",
        "---",
        "~",
        "text",
        "? [a]\n: b",
        "portals: *p",
        "a: !!binary aGVsbG8=",
        "portals: [{listen: [::]:3260}]",
        "a: 'x",
        "%FOO"
      })
  void notADocumentOfYaml_read_isOneProblemOrMore(String text) {
    assertInstanceOf(Reading.Bad.class, DocumentFormat.YAML.readValid(text.getBytes(UTF_8)));
  }

  @Test
  void everyPrefixOfADocument_read_neverThrows() {
    var document = new RandomDocuments(new Random(7)).document();
    for (var format : DocumentFormat.values()) {
      var bytes = format.write(document).getBytes(UTF_8);
      for (int length = 0; length < Math.min(bytes.length, 3000); length++) {
        var _ = format.readValid(Arrays.copyOf(bytes, length));
      }
    }
  }

  @Test
  void randomGarbageInADocument_read_neverThrows() {
    for (long seed = 0; seed < 300; seed++) {
      var random = new Random(seed);
      var document = new RandomDocuments(random).document();
      for (var format : DocumentFormat.values()) {
        var bytes = format.write(document).getBytes(UTF_8);
        for (int i = 0; i < 3; i++) {
          bytes[random.nextInt(bytes.length)] =
              (byte) " \n:{}[]\"'*&!%#,-0a\t\0\u00ff".charAt(random.nextInt(21));
        }
        try {
          var _ = format.readValid(bytes);
        } catch (RuntimeException e) {
          throw new AssertionError(
              "seed " + seed + " " + format + "\n" + new String(bytes, UTF_8), e);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void notUtf8_read_isAProblem(DocumentFormat format) {
    assertProblems(
        format.readValid(new byte[] {'{', (byte) 0xC0, '}'}),
        "line 1, column 1: the document is not UTF-8 text\n");
  }

  @ParameterizedTest
  @EnumSource
  void byteOrderMark_read_isSkipped(DocumentFormat format) {
    assertInstanceOf(
        Reading.Good.class, format.readValid("\uFEFF{\"version\": 1}".getBytes(UTF_8)));
  }

  @ParameterizedTest
  @EnumSource
  void tooManyBytes_read_areRefused(DocumentFormat format) {
    var problems = problems(format.readValid(new byte[DocumentFormat.MAX_BYTES + 1]));
    assertEquals(
        "line 1, column 1: the document has 8388609 bytes; at most 8388608 are read",
        problems.getFirst().toString());
  }

  @ParameterizedTest
  @EnumSource
  void tooDeep_read_isRefused(DocumentFormat format) {
    for (int depth : List.of(40, 60, 100_000)) {
      var problems =
          problems(
              format.read(
                  "{\"a\": " + "[".repeat(depth) + "]".repeat(depth) + "}", Document.class));
      assertTrue(
          problems.getFirst().message().matches("(?i).*(nest|depth).*"), problems.toString());
    }
  }

  @Test
  void billionLaughs_read_isRefused() {
    var text = new StringBuilder("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
    for (int i = 1; i < 12; i++) {
      text.append(
          "a" + i + ": &a" + i + " [" + "*a0, ".replace("0", "" + (i - 1)).repeat(10) + "x]\n");
    }
    var problems = problems(DocumentFormat.YAML.read(text.toString(), Document.class));
    assertTrue(
        problems.getFirst().message().startsWith("the document has more than 1000000 values"),
        problems.toString());
  }

  @Test
  void deepAliases_read_areRefused() {
    var text = new StringBuilder("a0: &a0 [x]\n");
    for (int i = 1; i < 100; i++) {
      text.append("a" + i + ": &a" + i + " [*a" + (i - 1) + "]\n");
    }
    var problems =
        problems(
            DocumentFormat.YAML.read(
                "targets: [{name: a, units: [{lun: 0, store: {kind: a, b: &b [[]], "
                    + "c: 1}}]}]\n"
                    + text,
                Document.class));
    assertTrue(
        problems.stream().anyMatch(it -> it.message().startsWith("nested deeper than 32")),
        problems.getFirst().toString());
  }

  @Test
  void aliasOfItself_read_isRefused() {
    assertInstanceOf(
        Reading.Bad.class, DocumentFormat.YAML.readValid("targets: &a [*a]".getBytes(UTF_8)));
  }

  @Test
  void alias_read_isWhatItNames() {
    var store = read("{lun: 1, store: {kind: a, one: &x {b: 1}, two: *x}}").store();
    assertEquals(Map.of("b", 1), store.get("two"));
  }

  @Test
  void storeOptions_read_keepTheirTypes() {
    var store =
        read("{lun: 1, store: {kind: a, text: 1GiB, int: 5, long: 5000000000, real: 1.5, flag:"
                + " true, list: [1, b], none: , huge: 99999999999999999999, hex: 0x10, octal: 010,"
                + " quoted: '5', yes: yes}}")
            .store();
    assertEquals(
        "{kind=a, text=1GiB, int=5, long=5000000000, real=1.5, flag=true, list=[1, b],"
            + " huge=99999999999999999999, hex=0x10, octal=010, quoted=5, yes=yes}",
        store.toString());
    assertInstanceOf(Integer.class, store.get("int"));
    assertInstanceOf(Long.class, store.get("long"));
    assertInstanceOf(Double.class, store.get("real"));
    assertInstanceOf(String.class, store.get("huge"));
    assertInstanceOf(String.class, store.get("hex"));
    assertInstanceOf(String.class, store.get("octal"));
    assertInstanceOf(String.class, store.get("quoted"));
    assertInstanceOf(String.class, store.get("yes"));
  }

  @Test
  void syntaxError_read_isToldInOneLine() {
    assertProblems(
        DocumentFormat.YAML,
        "portals: [{listen: *:3260}]",
        "line 1, column 21: while scanning an alias: unexpected character found :(58);"
            + " text with special characters stands in quotes\n");
    assertProblems(
        DocumentFormat.JSON,
        "{\"version\": 1",
        "line 1, column 14: Unexpected end-of-input: expected close marker for Object"
            + " (start marker at line 1, column 1)\n");
  }

  @Test
  void syntaxErrorNextToASecret_read_doesNotShowIt() {
    for (var text :
        List.of(
            "accounts: [{secret: hushhush",
            "secret: 'hushhush",
            "secret: hush: hush",
            "secret: @hush",
            "\tsecret: hush",
            "{\"secret\": hushhush}",
            "{\"secret\": hush'hush}",
            "{\"secret\": \"hush",
            "{\"secret\": 'hush'}",
            "{\"secret\": \"hush\\q\"}",
            "{\"secret\": hush: 1}")) {
      for (var format : DocumentFormat.values()) {
        var told = problems(format.readValid(text.getBytes(UTF_8))).toString();
        assertFalse(told.contains("hush"), told);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"vtgt.yaml, YAML", "vtgt.yml, YAML", "backup.JSON, JSON", "vtgt.conf, YAML"})
  void fileName_asked_tellsTheFormat(String name, DocumentFormat format) {
    assertEquals(format, DocumentFormat.ofFile(name));
  }

  @Test
  void unquotedNumberForText_inYaml_isItsText() {
    var account =
        DocumentFormat.YAML
            .read("{name: 007, secret: 123456789012345678901234}", Document.Account.class)
            .orElseThrow();
    assertEquals("007", account.name());
    assertEquals("123456789012345678901234", account.secret());
  }

  @Test
  void secretOfTheWrongType_read_isNotShown() {
    for (var text :
        List.of(
            "{\"name\": \"a\", \"secret\": 424242}",
            "{\"name\": \"a\", \"secret\": 424242424242424242424242424242}",
            "{\"name\": \"a\", \"secret\": [\"424242\"]}",
            "{\"name\": \"a\", \"secret\": \"424242\"}")) {
      var reading =
          DocumentFormat.JSON.readValid(("{\"accounts\": [" + text + "]}").getBytes(UTF_8));
      assertFalse(problems(reading).toString().contains("424242"), problems(reading).toString());
    }
  }

  @Test
  void sizes_read_areBytes() {
    assertEquals(
        1L << 30,
        DocumentFormat.JSON
            .read("{\"dataBudgetBytes\": \"1GiB\"}", Document.Limits.class)
            .orElseThrow()
            .dataBudgetBytes());
    assertEquals(4096, read("{lun: 0, blockSize: 4KiB, store: {}}").blockSize());
  }

  private static Document.Unit read(String yaml) {
    return DocumentFormat.YAML.read(yaml, Document.Unit.class).orElseThrow();
  }

  private static void assertProblems(DocumentFormat format, String text, String expected) {
    assertProblems(format.readValid(text.getBytes(UTF_8)), expected);
  }

  private static void assertProblems(Reading<Document> reading, String expected) {
    assertEquals(
        expected,
        String.join("\n", problems(reading).stream().map(Problem::toString).toList()) + "\n");
  }

  private static List<Problem> problems(Reading<Document> reading) {
    return switch (reading) {
      case Reading.Bad<Document>(var problems, _) -> problems;
      case Reading.Good<Document> good ->
          throw new AssertionError("read without a problem: " + good);
    };
  }
}
