using System.Globalization;
using System.Runtime.InteropServices;

namespace EventCluster.Edge.Connections;

/// <summary>Descriptors (open files and sockets) that the system gives this process.</summary>
/// <param name="Limit">All of them (<c>ulimit -n</c>).</param>
/// <param name="InUse">Open when the server starts.</param>
public sealed partial record DescriptorLimit(long Limit, int InUse)
{
    /// <summary>
    /// Kept from connections: for journal segments and checkpoints, connections to a store or to other nodes, backups, and what
    /// the runtime opens for itself. A process without one descriptor can open nothing, not even what it needs to say so.
    /// </summary>
    public const int Reserve = 96;

    /// <summary>
    /// What the runtime opens after the limit is read: two for each assembly that the rest of the start and the first request of
    /// each kind load. Without one the load fails, and with it whatever needed it.
    /// </summary>
    public const int ToCome = 88;

    private const int SmallLimitParts = 16;
    private const int UnprovenParts = 32;
    private const int LeastUnproven = 8;
    private const int MostUnproven = 256;

    // One that is displaced is still open until its end has gone through the accept loop.
    private const int DescriptorsPerUnproven = 2;
    private const int NumberOfFilesOnLinux = 7;
    private const int NumberOfFilesElsewhere = 8;

    /// <summary>Ports beside HTTP at which others first prove who they are: those between nodes of a cluster.</summary>
    public int OtherPorts { get; init; }

    /// <summary>Connections at each of <see cref="OtherPorts"/> that have proved nothing yet; a small limit allows few.</summary>
    public int Unproven => (int)Math.Clamp(Limit / UnprovenParts, LeastUnproven, MostUnproven);

    /// <summary>Connections that the rest is enough for; at least one.</summary>
    public int Connections => (int)Math.Clamp(Limit - InUse - ToCome - Kept - ForStrangers, 1, int.MaxValue);

    /// <summary>The lowest number of a descriptor that no connection may have.</summary>
    public long FirstReserved => Limit - Kept;

    /// <summary>Small limits keep a part, or nothing would be left.</summary>
    private long Kept => Math.Min(Reserve, Limit / SmallLimitParts);

    private long ForStrangers => (long)OtherPorts * DescriptorsPerUnproven * Unproven;

    /// <summary>The limit of this process, raised to what the system allows it; null where there is none.</summary>
    public static DescriptorLimit? Read()
    {
        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        var resource = OperatingSystem.IsLinux() ? NumberOfFilesOnLinux : NumberOfFilesElsewhere;
        if (getrlimit(resource, out var limits) != 0)
        {
            return null;
        }

        var raised = limits with { Soft = limits.Hard };
        if (limits.Soft < limits.Hard && setrlimit(resource, in raised) == 0)
        {
            limits = raised;
        }

        return limits.Soft > long.MaxValue ? null : new DescriptorLimit((long)limits.Soft, CountOpen());
    }

    /// <inheritdoc />
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"descriptors (ulimit -n is {Limit}, {InUse + ToCome} are the runtime's, {Kept + ForStrangers} are kept for files, stores, other nodes and administration)");

    private static int CountOpen()
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(OperatingSystem.IsLinux() ? "/proc/self/fd" : "/dev/fd").Count();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A system that does not tell; the reserve has room for what a start opens.
            return Reserve;
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getrlimit(int resource, out Limits limits);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setrlimit(int resource, in Limits limits);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Limits(ulong Soft, ulong Hard);
}
