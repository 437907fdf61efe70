# Tests a dist after a move: a copy in a folder whose name has a space and a letter that is not ASCII, in hostile environments.
# Requires: Windows 10 or later. Usage: powershell -ExecutionPolicy Bypass -File scripts\dist\smoke-windows.ps1 [DIST]
#Requires -Version 5.1
param([string]$Dist)
. (Join-Path $PSScriptRoot '..\lib\common.ps1')

$root = Get-Root
if (-not $Dist) { $Dist = Join-Path $root 'dist' }
Push-Location $root
$name = Get-PackageName
Pop-Location
if (-not (Test-Path (Join-Path $Dist "$name.cmd"))) {
    Stop-With 2 "``$Dist\$name.cmd`` is missing" 'wanted a staged dist' 'scripts\dist\package-windows.ps1'
}

# The letter is written as a number, because Windows PowerShell reads a script without a mark in the ANSI code page.
$scratch = Join-Path ([IO.Path]::GetTempPath()) ("moved dist" + [char]0xE9 + [guid]::NewGuid())
$moved = Join-Path $scratch $name
$decoy = Join-Path $scratch 'decoy'
$launcher = Join-Path $moved "$name.cmd"
$binary = Join-Path $moved "bin\$name-bin.exe"

function Get-Inventory {
    Get-ChildItem -Recurse -File $moved | ForEach-Object { "$($_.FullName) $($_.Length) $($_.LastWriteTimeUtc.Ticks)" } | Sort-Object
}

# Test-Smoke HOW PROGRAM: the check of the program itself looks at every module that is mapped.
function Test-Smoke([string]$How, [string]$Program) {
    $answer = & $Program --smoke-python 2>&1 | Out-String
    if ($LASTEXITCODE -ne 0 -or -not $answer.StartsWith('smoke-python: ok ')) {
        Stop-With 1 "the moved dist fails $How" $answer.Trim() 'cargo pack verify'
    }
    Write-Output "ok $How"
}

try {
    New-Item -ItemType Directory -Path $scratch, $decoy | Out-Null
    Copy-Item -Recurse $Dist $moved
    Get-ChildItem (Join-Path $moved 'bin\*.dll') | ForEach-Object { Set-Content (Join-Path $decoy $_.Name) 'a decoy, not a library' }
    Set-Content (Join-Path $decoy 'site.py') 'raise SystemExit("decoy: the wrong site")'
    $before = Get-Inventory

    Test-Smoke 'by the launcher' $launcher
    Test-Smoke 'without the launcher' $binary
    Push-Location (Join-Path $moved 'python')
    Test-Smoke 'from a folder inside' $binary
    Pop-Location
    $path = $env:PATH
    $env:PATH = "$decoy;$path"
    $env:PYTHONHOME = $decoy
    $env:PYTHONPATH = $decoy
    Push-Location $decoy
    Test-Smoke 'with PATH, PYTHONHOME, PYTHONPATH and the current folder at a decoy' $binary
    Test-Smoke 'with all of them and the launcher' $launcher
    Pop-Location
    $env:PATH = $path
    Remove-Item Env:PYTHONHOME, Env:PYTHONPATH
    & $binary --verify
    if ($LASTEXITCODE -ne 0) { Stop-With 1 "``$binary --verify`` has findings" 'they are above' '' }
    if (Compare-Object $before (Get-Inventory)) {
        Stop-With 1 "``$moved`` was written to at run time" 'its files differ from those before the runs' ''
    }
}
finally {
    Remove-Item -Recurse -Force $scratch -ErrorAction SilentlyContinue
}
