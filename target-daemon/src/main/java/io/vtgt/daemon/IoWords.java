package io.vtgt.daemon;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/// What went wrong with a file, as a person says it: the JDK's messages are often only the path.
final class IoWords {
  private IoWords() {}

  static String of(IOException failure) {
    return switch (failure) {
      case NoSuchFileException e -> e.getFile() + ": no such file";
      case AccessDeniedException e -> e.getFile() + ": permission denied";
      case FileAlreadyExistsException e -> e.getFile() + " exists and is not a folder";
      case NotDirectoryException e -> e.getFile() + " is not a folder";
      case FileSystemException e ->
          e.getFile() + (e.getReason() == null ? "" : ": " + e.getReason());
      default -> failure.getMessage() == null ? failure.toString() : failure.getMessage();
    };
  }
}
