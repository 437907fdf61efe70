# Makes dist\ on Windows: installs the pinned Python if need be, builds the program, stages, verifies and starts the dist.
# Requires: Windows 10 or later on x86_64, Rust with its MSVC toolchain, uv or Python with pip.
# Usage: powershell -ExecutionPolicy Bypass -File scripts\dist\package-windows.ps1 [-Strict] [-Slim] [-Requirements FILE]
#   -Strict             only the Python that is pinned
#   -Slim               makes dist-slim\, without what crates\cargo-pyo3-bundle\src\slim.toml names
#   -Requirements FILE  adds the Python packages that FILE locks
#Requires -Version 5.1
param([switch]$Strict, [switch]$Slim, [string]$Requirements)
. (Join-Path $PSScriptRoot '..\lib\common.ps1')

$more = @()
if ($Requirements) { $more = '--requirements', (Resolve-Path $Requirements).Path }
Set-Location (Get-Root)
if (-not (Get-Command cargo -ErrorAction SilentlyContinue)) {
    Stop-With 2 '`cargo` is not on PATH' 'package-windows.ps1 cannot work without it' 'winget install Rustlang.Rustup'
}
Clear-BuildEnvironment
$name = Get-PackageName
$dist = if ($Slim) { 'dist-slim' } else { 'dist' }
$profile_name = if ($Slim) { 'slim' } else { 'full' }

if ($Strict) { Invoke-Step cargo pack python --strict } else { Invoke-Step cargo pack python }
# The place of the interpreter on Windows; .cargo\config.toml has that of the other systems.
$env:PYO3_PYTHON = Join-Path (Get-Location) '.local\python\runtime\python.exe'
Invoke-Step cargo build --release --locked
Invoke-Step cargo pack stage --profile $profile_name --out $dist @more
Invoke-Step cargo pack verify $dist
Invoke-Step (Join-Path $dist "$name.cmd") --smoke-python
