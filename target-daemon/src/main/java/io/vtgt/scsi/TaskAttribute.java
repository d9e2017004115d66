package io.vtgt.scsi;

/// Task attributes (SAM-5, Task attributes), in the order of the iSCSI field.
public enum TaskAttribute {
  UNTAGGED,
  SIMPLE,
  ORDERED,
  HEAD_OF_QUEUE,
  ACA
}
