# The everyday commands; `just` lists them. https://just.systems

_list:
    @just --list --unsorted

# Run seen on a file in your state directory
run *flags:
    cargo run --release -- {{ flags }}

# Run every test, or those whose file is named: `just test store`
test file="":
    cargo test {{ if file == "" { "" } else { "--test " + file } }}

# Run only the unit tests, in seconds
unit:
    cargo test --lib

# Format Rust, and run clippy
lint:
    cargo fmt
    cargo clippy --all-targets -- --deny warnings

# Run all that a pull request must pass
gate:
    .ci/run

# Rewrite the README's tables and pictures
readme:
    UPDATE_README=1 cargo test --test readme

# Rewrite the golden pictures; look at them before you commit
golden:
    UPDATE_GOLDEN=1 cargo test --test golden

# Measure seen against other counters, on a quiet machine
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

# Open the documentation of the crate
doc:
    cargo doc --no-deps --open

# Check every commit with .githooks/pre-commit
hooks:
    git config core.hooksPath .githooks
