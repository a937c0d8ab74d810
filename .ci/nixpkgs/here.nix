# For the system that is built here, where nothing can be downloaded: tests use
# Debian's Redis, while nixpkgs' recipe still builds the image's.
lib: self: super: {
  redis =
    self.runCommand "redis" { }
      "mkdir -p $out/bin; ln -s /usr/bin/redis-{server,cli,sentinel} $out/bin/"
    // {
      inherit (super.redis) version override;
    };

  # For `unshare`, which tests use; nixpkgs' recipe needs a download.
  util-linux =
    self.runCommand "util-linux" { } "mkdir -p $out/bin; ln -s /usr/bin/unshare $out/bin/"
    // {
      inherit (super.util-linux) override;
    };

  # Accepts SHA-512 too. .ci/checks/run has put such files into the store already.
  fetchurl =
    {
      sha512 ? null,
      ...
    }@arguments:
    super.fetchurl (
      removeAttrs arguments [ "sha512" ]
      // lib.optionalAttrs (sha512 != null) {
        hash = builtins.convertHash {
          hash = sha512;
          hashAlgo = "sha512";
          toHashFormat = "sri";
        };
      }
    );
}
