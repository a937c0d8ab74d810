# The image `seen`: the program, root certificates, and a folder for counts.
# No shell, no libc, no package manager.
{
  lib,
  dockerTools,
  runCommand,
  cacert,
  program,
  release,
}:
let
  inherit (release) package created;

  # A store path and not a copied file: a program that is not static would bring
  # its closure and still run.
  root = runCommand "seen-root" { } ''
    mkdir -p $out/bin $out/etc/ssl/certs
    ln -s ${lib.getExe program} $out/bin/seen
    # For `rediss://`; for a private authority mount your own file over it. Not
    # nixpkgs' ca-bundle.crt, which also has each certificate in a form that only
    # OpenSSL reads.
    cp ${cacert}/etc/ssl/certs/ca-no-trust-rules-bundle.crt $out/etc/ssl/certs/ca-bundle.crt
  '';

  seconds = n: n * 1000000000;
in
dockerTools.buildLayeredImage {
  inherit (package) name;
  tag = program.version;
  inherit created;
  mtime = created;
  # Packed when images are joined (packages.nix) or become blobs (oci/platform.nix).
  compressor = "none";
  contents = [ root ];

  fakeRootCommands = ''
    mkdir data
    chown 65532:65532 data
  '';

  config = {
    User = "65532:65532";
    WorkingDir = "/data";
    Entrypoint = [ "/bin/seen" ];
    Env = [
      "PATH=/bin"
      "SEEN_LISTEN=0.0.0.0:8000"
      "SEEN_STORE=/data/seen.redb"
      # On its own port, so that publishing port 8000 does not publish the metrics.
      "SEEN_METRICS_LISTEN=0.0.0.0:9000"
      "SSL_CERT_FILE=/etc/ssl/certs/ca-bundle.crt"
    ];
    ExposedPorts = {
      "8000/tcp" = { };
      "9000/tcp" = { };
    };
    Healthcheck = {
      Test = [
        "CMD"
        "/bin/seen"
        "healthcheck"
      ];
      Interval = seconds 10;
      Timeout = seconds 3;
      Retries = 3;
      # Frequent checks at the start, so that Docker soon reports it healthy.
      StartPeriod = seconds 10;
      StartInterval = seconds 1 / 4;
    };
    Labels = {
      "org.opencontainers.image.title" = package.name;
      "org.opencontainers.image.description" = package.description;
      "org.opencontainers.image.version" = program.version;
      "org.opencontainers.image.licenses" = package.license;
      "org.opencontainers.image.source" = package.repository;
    };
  };
}
