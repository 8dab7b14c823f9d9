//! `generator PROTO OUT`: writes the stubs for the schema in the folder PROTO into the folder OUT.

use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let proto = arguments.next().ok_or("no folder of the schema")?;
    let out = arguments.next().ok_or("no folder for the stubs")?;
    let service = Path::new("mailstrom/v1/mailstrom_service.proto");
    tonic_prost_build::configure()
        // The tests' own server; a user has none.
        .server_mod_attribute(".", "#[cfg(test)]")
        .out_dir(out)
        .compile_protos(&[proto.join(service)], &[proto])?;
    Ok(())
}
