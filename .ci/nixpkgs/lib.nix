# The functions of nixpkgs' lib that the flake calls.
let
  inherit (builtins)
    any
    concatMap
    filter
    functionArgs
    intersectAttrs
    isFunction
    isList
    listToAttrs
    pathExists
    stringLength
    substring
    ;
in
rec {
  nameValuePair = name: value: { inherit name value; };
  genAttrs = names: f: listToAttrs (map (name: nameValuePair name (f name)) names);
  mapAttrs' = f: set: listToAttrs (map (name: f name set.${name}) (builtins.attrNames set));
  optional = condition: value: if condition then [ value ] else [ ];
  optionals = condition: list: if condition then list else [ ];
  optionalAttrs = condition: set: if condition then set else { };
  optionalString = condition: string: if condition then string else "";
  hasPrefix = prefix: string: substring 0 (stringLength prefix) string == prefix;
  removeSuffix =
    suffix: string:
    let
      rest = stringLength string - stringLength suffix;
    in
    if substring rest (-1) string == suffix then substring 0 rest string else string;
  inherit (builtins) replaceStrings;
  toUpper =
    let
      letters = string: filter (c: c != "" && !isList c) (builtins.split "" string);
    in
    replaceStrings (letters "abcdefghijklmnopqrstuvwxyz") (letters "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
  importTOML = path: fromTOML (builtins.readFile path);
  getExe = package: "${package}/bin/${package.meta.mainProgram}";
  licenses.mit = "MIT";
  platforms.unix = [ ];

  # A result that can be asked for again with other arguments.
  makeOverridable =
    f: arguments:
    f arguments
    // {
      override = changes: makeOverridable f (arguments // changes);
    };
  callPackageWith =
    scope: file: arguments:
    let
      f = if isFunction file then file else import file;
    in
    makeOverridable f (intersectAttrs (functionArgs f) scope // arguments);

  # A file set here is a list of files and folders.
  fileset = {
    unions = concatMap (set: if isList set then set else [ set ]);
    maybeMissing = path: filter pathExists [ path ];
    toSource =
      { root, fileset }:
      let
        wanted = map toString fileset;
        within = folder: path: path == folder || hasPrefix "${folder}/" path;
      in
      builtins.path {
        name = "source";
        path = root;
        filter = path: _: any (want: within want path || within path want) wanted;
      };
  };
}
