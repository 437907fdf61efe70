# What the scripts for Windows share: messages, steps and places. Sourced, never run; every decision is the caller's.
# Windows PowerShell 5.1 is the floor, which every Windows has.

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

# The checkout: scripts\lib is two folders below it.
function Get-Root {
    Split-Path -Parent (Split-Path -Parent $PSScriptRoot)
}

# The name in Cargo.toml: the one place it is written.
function Get-PackageName {
    (Select-String -Path 'Cargo.toml' -Pattern '^name = "(.*)"$' | Select-Object -First 1).Matches[0].Groups[1].Value
}

# Stop-With STATUS WHAT WHY HINT: the parts of an error.
function Stop-With([int]$Status, [string]$What, [string]$Why, [string]$Hint) {
    [Console]::Error.WriteLine("error: $What")
    if ($Why) { [Console]::Error.WriteLine("  $Why") }
    if ($Hint) { [Console]::Error.WriteLine("hint: $Hint") }
    exit $Status
}

# Invoke-Step PROGRAM ARGUMENT...: runs a program, and ends the script with its status if that is not 0.
function Invoke-Step([string]$Program) {
    & $Program @args
    if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }
}

# A dist must not depend on its builder's environment: variables that change the link or the interpreter are removed.
function Clear-BuildEnvironment {
    $names = 'RUSTFLAGS', 'CARGO_ENCODED_RUSTFLAGS', 'CARGO_BUILD_TARGET', 'CFLAGS', 'PYTHONHOME', 'PYTHONPATH', 'PYO3_PYTHON',
        'PYO3_CONFIG_FILE', 'PYO3_NO_PYTHON', 'PYO3_BUILD_EXTENSION_MODULE', 'PYO3_PRINT_CONFIG'
    foreach ($name in $names) { Remove-Item -Path "Env:$name" -ErrorAction SilentlyContinue }
}
