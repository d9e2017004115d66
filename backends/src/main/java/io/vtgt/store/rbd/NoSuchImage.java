package io.vtgt.store.rbd;

/// There is no image, or no snapshot, of the name: an image that was there before is gone.
final class NoSuchImage extends RuntimeException {
  private static final long serialVersionUID = 1L;

  NoSuchImage(String message) {
    super(message);
  }
}
