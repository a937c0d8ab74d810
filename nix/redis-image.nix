# The image `seen-redis`: a Redis server, and a folder for its files. No shell.
{
  dockerTools,
  redis-server,
  release,
}:
let
  inherit (release) package version created;
in
dockerTools.buildLayeredImage {
  name = "${package.name}-redis";
  tag = version;
  inherit created;
  mtime = created;
  # Packed when images are joined (packages.nix) or become blobs (oci/platform.nix).
  compressor = "none";
  contents = [ redis-server ];

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
      "org.opencontainers.image.description" = "Redis ${redis-server.version}, for ${package.name}";
      "org.opencontainers.image.version" = version;
      "org.opencontainers.image.licenses" = "AGPL-3.0-only";
      # The address of Redis' source, as its licence requires.
      "org.opencontainers.image.source" = redis-server.src.url or redis-server.meta.homepage;
      "org.opencontainers.image.url" = package.repository;
    };
  };
}
