//! The libraries that every Windows has, which a dist takes from the machine it runs on. No other list has them; a policy
//! calls them `{windows}` and may add others.

use glob::Pattern;

/// In System32 of every Windows 10 and later, in lower case. `vcruntime140.dll` and `msvcp140.dll` are not: an installer of
/// Visual C++'s runtime may have put them there.
pub const SYSTEM: [&str; 59] = [
    "advapi32.dll",
    "api-ms-win-*.dll",
    "bcrypt.dll",
    "bcryptprimitives.dll",
    "cabinet.dll",
    "cfgmgr32.dll",
    "combase.dll",
    "comctl32.dll",
    "comdlg32.dll",
    "credui.dll",
    "crypt32.dll",
    "d3d11.dll",
    "dbghelp.dll",
    "dnsapi.dll",
    "dwmapi.dll",
    "dxgi.dll",
    "ext-ms-win-*.dll",
    "gdi32.dll",
    "imm32.dll",
    "iphlpapi.dll",
    "kernel32.dll",
    "kernelbase.dll",
    "mpr.dll",
    "msi.dll",
    "msvcrt.dll",
    "mswsock.dll",
    "ncrypt.dll",
    "netapi32.dll",
    "normaliz.dll",
    "ntdll.dll",
    "ole32.dll",
    "oleacc.dll",
    "oleaut32.dll",
    "opengl32.dll",
    "pathcch.dll",
    "pdh.dll",
    "powrprof.dll",
    "propsys.dll",
    "psapi.dll",
    "rpcrt4.dll",
    "rstrtmgr.dll",
    "secur32.dll",
    "setupapi.dll",
    "shcore.dll",
    "shell32.dll",
    "shlwapi.dll",
    "ucrtbase.dll",
    "user32.dll",
    "userenv.dll",
    "uxtheme.dll",
    "version.dll",
    "winhttp.dll",
    "wininet.dll",
    "winmm.dll",
    "winspool.drv",
    "wintrust.dll",
    "ws2_32.dll",
    "wsock32.dll",
    "wtsapi32.dll",
];

/// Whether the name is one of theirs, in any case.
pub fn has(library: &str) -> bool {
    let library = library.to_lowercase();
    SYSTEM.iter().any(|known| Pattern::new(known).is_ok_and(|known| known.matches(&library)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_has_what_windows_brings_and_not_what_an_installer_brings() {
        assert!(SYSTEM.is_sorted() && SYSTEM.iter().all(|name| *name == name.to_lowercase()));
        for name in ["KERNEL32.dll", "api-ms-win-crt-runtime-l1-1-0.dll", "WS2_32.dll"] {
            assert!(has(name), "{name}");
        }
        for name in ["VCRUNTIME140.dll", "msvcp140.dll", "python313.dll", "libssl-3.dll", "kernel32.dll.dll"] {
            assert!(!has(name), "{name}");
        }
    }
}
