"""Writes an image archive for `docker load` to standard output, in the format
of nixpkgs' dockerTools.buildLayeredImage: a layer for each store path of the
closure, then one with links to the contents and what fakeRootCommands made.

Runs under fakeroot in a build: reads $contents, $fakeRootCommands, $imagePath
and the closure-* files that exportReferencesGraph wrote.
"""

import glob
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile

CREATED = "1970-01-01T00:00:01+00:00"
MTIME = 1


def closure():
    """The store paths that the contents refer to, themselves included."""
    paths = set()
    for graph in glob.glob("closure-*"):
        # A path, its deriver, how many references, and these, one a line.
        lines = iter(open(graph).read().splitlines())
        for path in lines:
            paths.add(path)
            next(lines)
            for _ in range(int(next(lines))):
                next(lines)
    return sorted(paths)


def entry(tar, path, name, owner_kept):
    info = tar.gettarinfo(path, name)
    info.mtime = MTIME
    info.uname = info.gname = ""
    if not owner_kept:
        info.uid = info.gid = 0
    if info.isfile():
        with open(path, "rb") as file:
            tar.addfile(info, file)
    else:
        tar.addfile(info)


def layer(root, names, owner_kept=False):
    """A layer with these files of a folder, and all that is below them."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", dereference=False) as tar:
        for name in names:
            path = os.path.join(root, name)
            entry(tar, path, name, owner_kept)
            for folder, folders, files in os.walk(path):
                folders.sort()
                for child in sorted(folders + files):
                    child = os.path.join(folder, child)
                    entry(tar, child, os.path.relpath(child, root), owner_kept)
    return out.getvalue()


def customisation():
    """Links to the contents' files, and what fakeRootCommands makes."""
    os.mkdir("root")
    for content in os.environ["contents"].split():
        for folder, _, files in os.walk(content):
            there = os.path.join("root", os.path.relpath(folder, content))
            os.makedirs(there, exist_ok=True)
            for file in files:
                os.symlink(os.path.join(folder, file), os.path.join(there, file))
    subprocess.run(["bash", "-euc", os.environ["fakeRootCommands"]], cwd="root", check=True)
    return layer("root", sorted(os.listdir("root")), owner_kept=True)


def main():
    image = json.load(open(os.environ["imagePath"]))
    layers = [layer("/", [path[1:]]) for path in closure()]
    layers.append(customisation())
    sums = [hashlib.sha256(layer).hexdigest() for layer in layers]

    config = json.dumps(
        {
            "architecture": image["architecture"],
            "config": image["config"],
            "created": CREATED,
            "history": [{"created": CREATED} for _ in sums],
            "os": "linux",
            "rootfs": {"diff_ids": [f"sha256:{sum}" for sum in sums], "type": "layers"},
        }
    ).encode()
    config_name = hashlib.sha256(config).hexdigest() + ".json"
    manifest = [
        {
            "Config": config_name,
            "Layers": [f"{sum}/layer.tar" for sum in sums],
            "RepoTags": [image["repo_tag"]],
        }
    ]

    with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as tar:
        members = [(f"{sum}/layer.tar", layer) for sum, layer in zip(sums, layers)]
        members += [(config_name, config), ("manifest.json", json.dumps(manifest).encode())]
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            info.mtime = MTIME
            tar.addfile(info, io.BytesIO(content))


main()
