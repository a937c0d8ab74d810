# The image `seen-redis`: a static Redis server, the client that asks after its
# health, and a folder for its files. No shell, no systemd, no OpenSSL.
{
  lib,
  stdenv,
  stdenvAdapters,
  dockerTools,
  redis,
  nukeReferences,
  version,
}:
let
  inherit (lib.importTOML ../Cargo.toml) package;

  server =
    (redis.override {
      stdenv = stdenvAdapters.makeStaticBinaries stdenv;
      withSystemd = false;
      tlsSupport = false;
      useSystemJemalloc = false;
    }).overrideAttrs
      (old: {
        pname = "seen-redis";
        nativeBuildInputs = old.nativeBuildInputs ++ [ nukeReferences ];
        stripAllList = [ "bin" ];
        # Its own suite takes ten minutes and runs in nixpkgs already.
        doCheck = false;
        doInstallCheck = false;
        postInstall = ''
          find $out -mindepth 1 -maxdepth 1 ! -name bin -exec rm -r {} +
          find $out/bin -type f ! -name redis-server ! -name redis-cli -delete
          find $out/bin -type l -delete
        '';
        postFixup = import ./static.nix "redis-server" + import ./static.nix "redis-cli";
        allowedReferences = [ ];
      });
in
dockerTools.buildLayeredImage {
  name = "${package.name}-redis";
  tag = version;
  contents = [ server ];

  fakeRootCommands = ''
    mkdir data
    chown 65533:65533 data
  '';

  config = {
    User = "65533:65533";
    WorkingDir = "/data";
    Entrypoint = [ "/bin/redis-server" ];
    Env = [ "PATH=/bin" ];
    ExposedPorts."6379/tcp" = { };
    Labels = {
      "org.opencontainers.image.title" = "${package.name}-redis";
      "org.opencontainers.image.description" = "Redis ${redis.version}, for ${package.name}";
      "org.opencontainers.image.version" = version;
      "org.opencontainers.image.licenses" = "AGPL-3.0-only";
      "org.opencontainers.image.source" = package.repository;
    };
  };
}
