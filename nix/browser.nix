# The tools that tests/browser needs on Linux: Chromium, its driver, fonts, and
# axe-core, which checks pages for accessibility.
{
  lib,
  fetchurl,
  runCommand,
  makeFontsConf,
  dejavu_fonts,
  chromium,
  chromedriver,
}:
let
  # The script that downloads axe-core on other machines has its version and digest.
  script = builtins.readFile ../tests/get-browser;
  named = name: lib.head (builtins.match ".*\n${name}=([0-9a-f.]+)\n.*" script);
  version = named "axe_version";
  archive = fetchurl {
    url = "https://registry.yarnpkg.com/axe-core/-/axe-core-${version}.tgz";
    sha512 = named "axe_sha512";
  };
in
{
  packages = [
    chromium
    chromedriver
  ];
  env = {
    SEEN_TEST_AXE = runCommand "axe-core-${version}.min.js" { } ''
      tar -xzf ${archive} --to-stdout package/axe.min.js >$out
    '';
    # Fonts, since a sandbox has none.
    FONTCONFIG_FILE = makeFontsConf { fontDirectories = [ dejavu_fonts ]; };
  };
}
