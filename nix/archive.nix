# A release's archive for machines without Nix and Docker: the package and its
# licence in `seen-VERSION-SYSTEM.tar.gz`, the same bytes wherever it is built.
{
  stdenv,
  runCommand,
  seen,
  release,
}:
let
  folder = "${release.package.name}-${release.version}";
in
runCommand "${folder}-${stdenv.hostPlatform.system}.tar.gz" { } ''
  mkdir ${folder}
  cp -r ${seen}/* ${folder}/
  chmod -R u+w ${folder}
  install -D -m 644 ${../LICENSE} ${folder}/share/licenses/seen/LICENSE
  tar --create --sort=name --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX \
    --mtime=${release.created} ${folder} | gzip -9 --no-name > $out
''
