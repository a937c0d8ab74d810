# A static Redis server, and the client for its health check: no other part of
# Redis, no systemd, no OpenSSL.
{
  lib,
  glibc,
  redis,
  nukeReferences,
}:
let
  programs = [
    "redis-server"
    "redis-cli"
  ];
in
(redis.override {
  withSystemd = false;
  tlsSupport = false;
  useSystemJemalloc = false;
}).overrideAttrs
  (old: {
    pname = "seen-redis";
    nativeBuildInputs = old.nativeBuildInputs ++ [ nukeReferences ];
    # In this order: with libc.a before libc.so, dynamic programs crash
    # (NixOS/nixpkgs#59267).
    buildInputs = [
      glibc.out
      glibc.static
    ];
    makeFlags = old.makeFlags ++ [
      # Only for Redis' own programs: since 8.4 its build makes shared objects
      # too, and -static for every link would break them.
      "REDIS_LDFLAGS=-static-pie"
      # The build of its jemalloc depends on the CPU, the kernel and /proc/meminfo
      # of the build machine, so its bytes would differ between machines. glibc's
      # malloc is as fast here, and smaller.
      "MALLOC=libc"
    ];
    # As in ./crate.nix.
    env = old.env or { } // {
      NIX_LDFLAGS = "-zpack-relative-relocs";
    };
    # In src, by one make: the top-level Makefile would start one for each program.
    buildFlags = [
      "-C"
      "src"
    ]
    ++ programs;
    # Assertions contain source paths, and without a sandbox every build has
    # another folder.
    preConfigure = ''
      export NIX_CFLAGS_COMPILE="''${NIX_CFLAGS_COMPILE-} -ffile-prefix-map=$NIX_BUILD_TOP=/build"
    '';
    installPhase = ''
      runHook preInstall
      ${lib.concatMapStrings (program: "install -D -t $out/bin src/${program}\n") programs}
      # The licence asks to be passed on with the program.
      install -D -m 644 -t $out/share/licenses/redis LICENSE.txt
      runHook postInstall
    '';
    stripAllList = [ "bin" ];
    # Its test suite takes ten minutes, and nixpkgs runs it already.
    doCheck = false;
    doInstallCheck = false;
    postFixup = lib.concatMapStrings (import ./static.nix) programs;
    allowedReferences = [ ];
  })
