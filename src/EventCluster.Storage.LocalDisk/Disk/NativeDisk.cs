using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace EventCluster.Storage.LocalDisk.Disk;

/// <summary>The calls of the operating system that .NET does not offer, and the meaning of their error numbers.</summary>
internal static partial class NativeDisk
{
    private const int Interrupted = 4;
    private const int NoSpace = 28;
    private const int OverQuotaLinux = 122;
    private const int OverQuotaMac = 69;
    private const int NotSupportedLinux = 95;
    private const int NoSuchCall = 38;
    private const int WindowsDiskFull = unchecked((int)0x80070070);
    private const int NoMemory = 12;
    private const int TooManyFilesOpen = 24;
    private const int TooManyFilesOpenInSystem = 23;
    private const int HeldLinux = 11;
    private const int HeldMac = 35;
    private const int WindowsSharingViolation = unchecked((int)0x80070020);

    /// <summary>True if the exception says that the medium has no room.</summary>
    public static bool MeansFull(IOException e) =>
        e.HResult is NoSpace or WindowsDiskFull
        || (OperatingSystem.IsLinux() && e.HResult == OverQuotaLinux)
        || (OperatingSystem.IsMacOS() && e.HResult == OverQuotaMac);

    /// <summary>True if the system is short of descriptors, memory or another thing that comes back by itself.</summary>
    public static bool MeansShort(IOException e) => IsShort(e.HResult);

    /// <summary>The exception for a system that is short of something.</summary>
    public static DiskShortageException Short(string what, string path, Exception e) =>
        new($"Could not {what} '{path}': {e.Message}");

    private static bool IsShort(int error) =>
        error is TooManyFilesOpen or TooManyFilesOpenInSystem or NoMemory
        || (OperatingSystem.IsLinux() && error == HeldLinux)
        || (OperatingSystem.IsMacOS() && error == HeldMac);

    /// <summary>Whether the file could not be opened because another owner holds it.</summary>
    public static bool MeansHeld(IOException e) =>
        e.HResult == WindowsSharingViolation
        || (OperatingSystem.IsLinux() && e.HResult == HeldLinux)
        || (OperatingSystem.IsMacOS() && e.HResult == HeldMac);

    /// <summary>The exception for a medium without room.</summary>
    public static DiskFullException Full(string path) => new($"No room on the disk for '{path}'.");

    /// <summary><c>fdatasync</c>. Interrupted calls are repeated, every other error is final.</summary>
    public static void FlushData(SafeFileHandle handle, string path)
    {
        while (fdatasync(handle) != 0)
        {
            ThrowUnlessInterrupted("flush", path);
        }
    }

    /// <summary>Flushes a directory by a descriptor of its own.</summary>
    public static void FlushDirectory(string path)
    {
        var descriptor = open(path, 0);
        if (descriptor < 0)
        {
            throw FaultOrShortage("open directory", path, Marshal.GetLastPInvokeError());
        }

        try
        {
            while (fsync(descriptor) != 0)
            {
                ThrowUnlessInterrupted("flush directory", path);
            }
        }
        finally
        {
            _ = close(descriptor);
        }
    }

    /// <summary><c>fallocate</c>; false where the file system has no such thing.</summary>
    public static bool TryAllocate(SafeFileHandle handle, string path, long length)
    {
        while (fallocate(handle, 0, 0, length) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            switch (error)
            {
                case Interrupted:
                    continue;
                case NotSupportedLinux or NoSuchCall:
                    return false;
                case NoSpace or OverQuotaLinux:
                    throw Full(path);
                default:
                    throw FaultOrShortage("preallocate", path, error);
            }
        }

        return true;
    }

    private static void ThrowUnlessInterrupted(string what, string path)
    {
        var error = Marshal.GetLastPInvokeError();
        if (error != Interrupted)
        {
            throw Fault(what, path, error);
        }
    }

    private static IOException Fault(string what, string path, int error) =>
        new($"Could not {what} '{path}': {Marshal.GetPInvokeErrorMessage(error)}.", error);

    /// <summary>A fault of a call that changes nothing durable, so that a shortage passes.</summary>
    private static IOException FaultOrShortage(string what, string path, int error)
    {
        var fault = Fault(what, path, error);
        return IsShort(error) ? new DiskShortageException(fault.Message) : fault;
    }

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int fdatasync(SafeFileHandle handle);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int fallocate(SafeFileHandle handle, int mode, long offset, long length);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int fsync(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int close(int descriptor);
}
