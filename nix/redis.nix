# A static Redis server and the client that asks after its health; nothing else
# of Redis, no systemd, no OpenSSL.
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
    # In this order: with libc.a before libc.so, what is not static crashes
    # (NixOS/nixpkgs#59267).
    buildInputs = [
      glibc.out
      glibc.static
    ];
    makeFlags = old.makeFlags ++ [
      # Only the links of Redis' own programs: it builds shared objects on the
      # way since 8.4, and -static for every link breaks them.
      "REDIS_LDFLAGS=-static-pie"
      # Its own jemalloc asks the CPU, the kernel and /proc/meminfo of the
      # machine that builds it, and is then another file on another machine.
      # glibc's malloc is as fast here, and smaller.
      "MALLOC=libc"
    ];
    # In one make: at the top, -j would start one for each program.
    buildFlags = [
      "-C"
      "src"
    ]
    ++ programs;
    # Without a sandbox a build has a folder of its own, which assertions name.
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
    # Its own suite takes ten minutes and runs in nixpkgs already.
    doCheck = false;
    doInstallCheck = false;
    postFixup = lib.concatMapStrings (import ./static.nix) programs;
    allowedReferences = [ ];
  })
