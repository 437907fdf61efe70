@echo off
setlocal DisableDelayedExpansion
rem Starts @NAME@, which lives in the folder of this file.
rem Windows answers a missing library with a window and no text, so what the program needs to start is looked for here.
@NEEDED@
set "PYTHONHOME=%~dp0@RUNTIME@"
set "PYTHONNOUSERSITE=1"
@ENVIRONMENT@"%~dp0@BINARY@" %*
exit /b %ERRORLEVEL%

:missing
>&2 echo error: "%~dp0%missing%" is missing
>&2 echo   the program does not start without this file: unpack the archive again
exit /b 1
