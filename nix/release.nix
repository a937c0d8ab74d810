# The release's version and its date, from Cargo.toml and CHANGELOG.md. The images
# have that date instead of the time of their build.
lib:
let
  inherit (lib.importTOML ../Cargo.toml) package;
  heading = "## [${package.version}] - ";
  headings = lib.filter (lib.hasPrefix heading) (
    lib.splitString "\n" (builtins.readFile ../CHANGELOG.md)
  );
  date = lib.removePrefix heading (
    lib.throwIf (headings == [ ])
      "CHANGELOG.md has no line `${heading}YYYY-MM-DD`: give the version in Cargo.toml its date there."
      (lib.head headings)
  );
in
{
  inherit package date;
  inherit (package) version;
  created = "${date}T00:00:00Z";
}
