package io.vtgt;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/// The arrows of the house plan: they only point one way.
@AnalyzeClasses(packages = "io.vtgt", importOptions = ImportOption.DoNotIncludeTests.class)
class ModuleArrowsTest {
  private static final String STORE = "io.vtgt.store..",
      MGMT = "io.vtgt.mgmt..",
      ISCSI = "io.vtgt.iscsi..",
      SCSI = "io.vtgt.scsi..",
      TARGET = "io.vtgt.target..",
      DAEMON = "io.vtgt.daemon..";

  @ArchTest
  static final ArchRule stores_knowNothingAboveThem =
      noClasses()
          .that()
          .resideInAPackage(STORE)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(MGMT, ISCSI, SCSI, TARGET, DAEMON);

  @ArchTest
  static final ArchRule management_knowsNoScsiAndNoStore =
      noClasses()
          .that()
          .resideInAPackage(MGMT)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(STORE, ISCSI, SCSI, TARGET, DAEMON);

  @ArchTest
  static final ArchRule scsi_knowsNoTransportAndNoDocument =
      noClasses()
          .that()
          .resideInAnyPackage(SCSI, TARGET)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(ISCSI, MGMT, DAEMON);

  @ArchTest
  static final ArchRule iscsi_knowsNoCommandAndNoDocument =
      noClasses()
          .that()
          .resideInAPackage(ISCSI)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.vtgt.scsi.spc..", "io.vtgt.scsi.sbc..", "io.vtgt.scsi.page..", MGMT, DAEMON);
}
