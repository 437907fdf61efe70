# Installs release\ as a newcomer does, by the installer, into a new folder: starts what was installed from there, and
# uninstalls it again. Requires: Windows 10 or later.
# Usage: powershell -ExecutionPolicy Bypass -File scripts\dist\try-release.ps1
#Requires -Version 5.1
. (Join-Path $PSScriptRoot '..\lib\common.ps1')

Set-Location (Get-Root)
$name = Get-PackageName
$installer = Get-ChildItem -ErrorAction SilentlyContinue 'release\*-installer.ps1' | Select-Object -First 1
if (-not $installer) { Stop-With 2 '`release` has no installer' 'wanted a folder of a release' 'cargo pack formats' }
$release = 'file:///' + ((Resolve-Path 'release').Path -replace '\\', '/')
$scratch = Join-Path ([IO.Path]::GetTempPath()) ("a new home" + [char]0xE9 + [guid]::NewGuid())
try {
    & $installer.FullName -BaseUrl $release -Prefix $scratch
    # A second time, as an upgrade does: it replaces the file that starts the program.
    & $installer.FullName -BaseUrl $release -Prefix $scratch
    $program = Get-ChildItem "$scratch\*\bin\$name.cmd" | Select-Object -First 1 -ExpandProperty FullName
    if (-not $program) { Stop-With 1 "``$name.cmd`` is not installed" "wanted it below $scratch" '' }
    Invoke-Step $program --verify
    Invoke-Step $program --smoke-python
    & $installer.FullName -Uninstall -Prefix $scratch
    if (Test-Path $program) { Stop-With 1 "``$name`` is still installed" 'wanted nothing of it after -Uninstall' '' }
    Write-Output "ok $($installer.Name)"
}
finally {
    Remove-Item -Recurse -Force $scratch -ErrorAction SilentlyContinue
}
