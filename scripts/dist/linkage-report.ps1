# Writes down what each native file of a dist is linked against, as Microsoft's dumpbin sees it. For people; `cargo pack verify`
# judges the same. Requires: Visual Studio's tools for C++.
# Usage: powershell -ExecutionPolicy Bypass -File scripts\dist\linkage-report.ps1 DIST FILE
#Requires -Version 5.1
param([string]$Dist, [string]$Report)
. (Join-Path $PSScriptRoot '..\lib\common.ps1')

if (-not $Report -or -not (Test-Path (Join-Path $Dist 'metadata.json'))) {
    Stop-With 2 "``$Dist`` is not a dist" 'wanted a dist and the file to write' 'scripts\dist\linkage-report.ps1 dist linkage.txt'
}
$studio = & "${env:ProgramFiles(x86)}\Microsoft Visual Studio\Installer\vswhere.exe" -latest -products * -property installationPath
$dumpbin = Get-ChildItem "$studio\VC\Tools\MSVC\*\bin\Hostx64\x64\dumpbin.exe" | Select-Object -Last 1
if (-not $dumpbin) { Stop-With 2 '`dumpbin.exe` is not there' "wanted Visual Studio's tools for C++" '' }
Get-ChildItem -Recurse -Include *.exe, *.dll, *.pyd $Dist | Sort-Object FullName | ForEach-Object {
    "== $($_.FullName)"
    & $dumpbin.FullName /nologo /dependents /headers $_.FullName
} | Set-Content -Encoding UTF8 $Report
