using System.Globalization;

namespace EventCluster.Exhaust;

/// <summary>A control group of its own for a server, where this process may make one (root, version 1 or 2).</summary>
internal sealed class ControlGroup : IDisposable
{
    private const string Root = "/sys/fs/cgroup";

    private static int _made;

    private readonly string _folder;

    private ControlGroup(string folder) => _folder = folder;

    /// <summary>Where a process writes its id to join.</summary>
    public string Join => Path.Combine(_folder, "cgroup.procs");

    /// <summary>A group whose file holds a limit; null where that is not possible.</summary>
    /// <param name="controller">The controller, as version 1 names it.</param>
    /// <param name="value">The limit.</param>
    /// <param name="limits">Files of the limit, of either version.</param>
    public static ControlGroup? TryMake(string controller, long value, params string[] limits)
    {
        foreach (var parent in new[] { Path.Combine(Root, controller), Root })
        {
            var folder = Path.Combine(parent, $"eventcluster-exhaust-{Environment.ProcessId}-{Interlocked.Increment(ref _made)}");
            try
            {
                Directory.CreateDirectory(folder);
                if (limits.Select(limit => Path.Combine(folder, limit)).FirstOrDefault(File.Exists) is { } file)
                {
                    File.WriteAllText(file, value.ToString(CultureInfo.InvariantCulture));
                    return new ControlGroup(folder);
                }

                Directory.Delete(folder);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Not here.
            }
        }

        return null;
    }

    public void Dispose()
    {
        try
        {
            Directory.Delete(_folder);
        }
        catch (IOException)
        {
            // A process of it has not gone yet; the group is empty and costs nothing.
        }
    }
}
