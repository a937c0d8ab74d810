# The commands of a day: `just` lists them. https://just.systems

_list:
    @just --list --unsorted

# Run seen on a file in your state directory
run *flags:
    cargo run --release -- {{ flags }}

# Run every test, or those whose file is named: `just test store`
test file="":
    cargo test {{ if file == "" { "" } else { "--test " + file } }}

# Run the unit tests alone, which takes seconds
unit:
    cargo test --lib

# Format Rust and say what clippy finds
lint:
    cargo fmt
    cargo clippy --all-targets -- --deny warnings

# Everything that a pull request has to pass
gate:
    .ci/run

# Write the README's tables and pictures anew
readme:
    UPDATE_README=1 cargo test --test readme

# Write the golden pictures anew; look at them before you commit
golden:
    UPDATE_GOLDEN=1 cargo test --test golden

# Measure seen beside the others, some minutes on a quiet machine
bench *flags:
    benches/compare {{ flags }}

# Build both images, load them and start the stack
up:
    nix build .#image
    docker load < result
    docker compose up

# Build the images twice and compare the bytes
same:
    nix build .#image
    nix build .#image --rebuild

# Look at the documentation of the crate
doc:
    cargo doc --no-deps --open

# Check each commit with .githooks/pre-commit from now on
hooks:
    git config core.hooksPath .githooks
