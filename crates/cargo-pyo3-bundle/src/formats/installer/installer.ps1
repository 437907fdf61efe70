# Installs @APP@ @VERSION@ for the user who runs it: downloads and checks the archive, unpacks it into
# %LOCALAPPDATA%\Programs\@APP@\@VERSION@, tries it there, and has bin\@PROGRAM@.cmd beside it start it. Needs no administrator,
# and leaves PATH to the user. Requires: Windows 10, Windows PowerShell 5.1.
# Usage: irm @URL@/@APP@-installer.ps1 | iex, or powershell -ExecutionPolicy Bypass -File @APP@-installer.ps1 [-Help]
param(
    [string]$Prefix,
    [string]$BaseUrl = '@URL@',
    [string]$Version = '@VERSION@',
    [switch]$Rollback,
    [switch]$Uninstall,
    [switch]$Quiet,
    [switch]$Help
)

# All of it is in functions, so that a part of a download runs nothing and the user's session keeps its settings.
function Invoke-Installer {
    $ErrorActionPreference = 'Stop'
    # Windows PowerShell downloads slowly while it draws its bar.
    $ProgressPreference = 'SilentlyContinue'
    $app = '@APP@'; $package = '@PACKAGE@'; $program = '@PROGRAM@'; $own = '@VERSION@'; $start = '@START@'.Replace('/', '\')
    if ($Help) {
        "Installs $app $own.`n`n  -Prefix DIR      Install into DIR\$app [default: %LOCALAPPDATA%\Programs]"
        "  -BaseUrl URL     Download from https://... or file:///folder [default: @URL@]"
        "  -Version NUMBER  Go to another version that is still installed`n  -Rollback        Go back to the version before this one"
        "  -Uninstall       Remove what was installed; your own files stay`n  -Quiet           Print nothing but errors"
        return
    }
    if (-not $Prefix) { $Prefix = Join-Path $env:LOCALAPPDATA 'Programs' }
    $root = [IO.Path]::GetFullPath((Join-Path $Prefix $app))
    $bin = Join-Path $root 'bin'; $shim = Join-Path $bin "$program.cmd"
    $previous = Join-Path $root 'previous.cmd'; $work = Join-Path $root '.partial'
    # One run at a time changes the folder. The system gives the mutex back when its owner ends in whatever way.
    $mutex = New-Object Threading.Mutex($false, "Local\$app-installer")
    try { $mine = $mutex.WaitOne(0) } catch [Threading.AbandonedMutexException] { $mine = $true }
    if (-not $mine) { throw "another installer of $app is at work`n  wanted it to end first" }
    try {
        if (Test-Path $work) { Remove-Item -Recurse -Force $work }
        New-Item -ItemType Directory -Force -Path $bin, $work | Out-Null
        $current = Get-Started $shim
        if ((Test-Path $shim) -and -not $current) { throw "``$shim`` is not a file of this installer`n  it stays as it is" }
        if ($Uninstall) { Remove-All }
        elseif ($Rollback) { Switch-Back }
        else { Install-Version }
    }
    finally {
        Remove-Item -Recurse -Force $work -ErrorAction SilentlyContinue
        $mutex.ReleaseMutex()
    }
}

function Install-Version {
    if ($Version -ne $own) {
        if (-not (Test-Own (Join-Path $root $Version))) { throw "$app $Version is not installed`n  this is the installer of $own alone" }
    }
    elseif (-not ((Test-Own (Join-Path $root $own)) -and -not (Get-Fault (Join-Path $root $own)))) {
        $dist = Get-Dist
        $fault = Get-Fault $dist
        if ($fault) { throw "$app $own does not work on this system`n  $fault" }
        $place = Join-Path $root $own
        if (Test-Path $place) { Move-Item $place (Join-Path $work 'old') }
        Move-Item $dist $place
    }
    if ($current -and $current -ne $Version) { Set-Start $previous '' $current }
    Set-Start $shim '..\' $Version
    $kept = $Version, (Get-Started $previous)
    foreach ($folder in Get-ChildItem -Directory $root | Where-Object { $kept -notcontains $_.Name -and (Test-Own $_.FullName) }) {
        # Windows keeps a folder from which a session runs. A later run removes it.
        try { Move-Item $folder.FullName (Join-Path $work $folder.Name) } catch { Write-Verbose "$_" }
    }
    Write-Line "installed $app ${Version}: $shim"
    if (($env:PATH -split ';') -notcontains $bin) {
        Write-Line "$bin is not on PATH; run this once, and open a new terminal:"
        Write-Line "  [Environment]::SetEnvironmentVariable('Path', '$($bin.Replace("'", "''"));' + [Environment]::GetEnvironmentVariable('Path', 'User'), 'User')"
    }
}

function Switch-Back {
    $before = Get-Started $previous
    if (-not $before -or $before -eq $current -or -not (Test-Own (Join-Path $root $before))) {
        throw "there is no version of $app to go back to`n  wanted two versions in ``$root``"
    }
    Set-Start $shim '..\' $before
    if ($current) { Set-Start $previous '' $current }
    Write-Line "back at $app ${before}: $shim"
}

function Remove-All {
    Remove-Item -Force $shim, $previous -ErrorAction SilentlyContinue
    Get-ChildItem -Directory $root | Where-Object { Test-Own $_.FullName } | ForEach-Object { Move-Item $_.FullName (Join-Path $work $_.Name) }
    foreach ($folder in $work, $bin, $root) {
        if ($folder -eq $work -or -not (Get-ChildItem -Force $folder)) { Remove-Item -Recurse -Force $folder }
    }
    Write-Line "$app is not installed any more"
    foreach ($place in $env:APPDATA, $env:LOCALAPPDATA) {
        $folder = Join-Path $place $package
        if (Test-Path $folder) { Write-Line "your own files stay: $folder" }
    }
}

# Downloads the archive for this machine and unpacks it, if it is the one that this installer was made for.
function Get-Dist {
    # Each line: machine, sha256, name. Windows on ARM runs programs for AMD64 as well.
    $rows = @(@'
@ARCHIVES@
'@ -split "`r?`n")
    $machines = @($env:PROCESSOR_ARCHITEW6432, $env:PROCESSOR_ARCHITECTURE, 'AMD64') | Where-Object { $_ }
    $row = $machines | ForEach-Object { $machine = $_; $rows | Where-Object { $_.StartsWith("$machine ") } } | Select-Object -First 1
    if (-not [Environment]::Is64BitOperatingSystem -or -not $row) { throw "there is no $app $own for $($machines[0])`n  wanted one of: $($rows | ForEach-Object { $_.Split(' ')[0] })" }
    $sha256 = $row.Split(' ')[1]; $name = $row.Split(' ')[2]
    if ($BaseUrl -notmatch '^(https://|file:///|http://(localhost|127\.0\.0\.1)([:/]|$))') { throw "``$BaseUrl`` is not a place to download from`n  wanted https://, file:///, or http:// with localhost" }
    [Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12
    $archive = Join-Path $work $name
    Write-Line "downloading $name"
    foreach ($file in "$name.sha256", $name) {
        try { (New-Object Net.WebClient).DownloadFile("$($BaseUrl.TrimEnd('/'))/$file", (Join-Path $work $file)) }
        catch { throw "cannot download ``$BaseUrl/$file```n  $($_.Exception.Message)" }
    }
    $found = @("$(Get-Content -TotalCount 1 "$archive.sha256")".Split(' ')[0], (Get-FileHash -Algorithm SHA256 $archive).Hash)
    foreach ($sum in $found) {
        if ($sum -ne $sha256) { throw "``$BaseUrl/$name`` is another file or damaged`n  wanted sha256 $sha256, found $sum" }
    }
    Add-Type -AssemblyName System.IO.Compression.FileSystem
    [IO.Compression.ZipFile]::ExtractToDirectory($archive, $work)
    $archive -replace '\.zip$', ''
}

# Says what keeps a version from working; nothing if it is whole and works. A program that can check its Python has a text in it.
function Get-Fault([string]$Folder) {
    foreach ($line in Get-Content -Encoding UTF8 (Join-Path $Folder 'SHA256SUMS')) {
        $file = Join-Path $Folder $line.Substring(66)
        if (-not (Test-Path -LiteralPath $file)) { return "$file is missing" }
        if ((Get-FileHash -Algorithm SHA256 -LiteralPath $file).Hash -ne $line.Substring(0, 64)) { return "$file is damaged" }
    }
    $binary = Join-Path $Folder '@BINARY@'
    $text = [Text.Encoding]::GetEncoding(28591).GetString([IO.File]::ReadAllBytes($binary))
    if (-not $text.Contains('linked-libpython:sha256:')) { return }
    $env:PYO3_BUNDLE_SMOKE = '1'
    try { $said = cmd /d /c "`"$binary`" 2>&1 <nul" } finally { Remove-Item Env:PYO3_BUNDLE_SMOKE }
    if ($LASTEXITCODE -ne 0) { "$said" }
}

# Has a file start a version. A file that is there is replaced at once.
function Set-Start([string]$File, [string]$Up, [string]$Number) {
    Set-Content -Encoding ASCII -Path "$File.new" -Value "@`"%~dp0$Up$Number\$start`" %*"
    if (Test-Path $File) { [IO.File]::Replace("$File.new", $File, [NullString]::Value) } else { Move-Item "$File.new" $File }
}

# The version that such a file starts.
function Get-Started([string]$File) {
    if ((Test-Path $File) -and "$(Get-Content -TotalCount 1 $File)" -match '^@"%~dp0(?:\.\.\\)?([0-9A-Za-z.+-]+)\\') { $Matches[1] }
}

function Test-Own([string]$Folder) {
    $file = Join-Path $Folder 'metadata.json'
    (Test-Path $file) -and ((Get-Content -Raw $file | ConvertFrom-Json).name -eq $package)
}

function Write-Line([string]$Text) {
    if (-not $Quiet) { Write-Host $Text }
}

Invoke-Installer
