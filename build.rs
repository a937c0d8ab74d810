//! Packs the scripts and styles that browsers load: without comments and indentation, and
//! as gzip and brotli beside that. Done here it costs a running seen nothing.

use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::Path;

use brotli::enc::BrotliEncoderParams;
use brotli::enc::backward_references::BrotliEncoderMode::BROTLI_MODE_TEXT;
use flate2::Compression;
use flate2::write::GzEncoder;

const FILES: [&str; 5] = [
    "src/web/pages/assets/page.css",
    "src/web/pages/assets/page.js",
    "src/web/pages/assets/seen.js",
    "src/web/sites/busuanzi.js",
    "src/web/sites/count.js",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let folder = std::env::var("OUT_DIR")?;
    for file in FILES {
        println!("cargo::rerun-if-changed={file}");
        let packed = packed(&fs::read_to_string(file)?);
        let name = Path::new(file).file_name().and_then(|name| name.to_str()).unwrap_or(file);
        let write = |end: &str, bytes: &[u8]| fs::write(format!("{folder}/{name}{end}"), bytes);
        write("", packed.as_bytes())?;
        write(".gz", &gzip(packed.as_bytes())?)?;
        write(".br", &brotli(packed.as_bytes())?)?;
    }
    Ok(())
}

/// Without blank lines, indentation and lines of comment. No text in these files goes over
/// more than one line.
fn packed(text: &str) -> String {
    let lines = text.lines().map(str::trim);
    let kept = lines.filter(|line| !line.is_empty() && !line.starts_with("//"));
    kept.flat_map(|line| [line, "\n"]).collect()
}

fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(bytes)?;
    packer.finish()
}

fn brotli(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let params = BrotliEncoderParams {
        mode: BROTLI_MODE_TEXT,
        size_hint: bytes.len(),
        ..BrotliEncoderParams::default()
    };
    let mut out = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut out, &params)?;
    Ok(out)
}
