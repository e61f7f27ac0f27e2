using System.Globalization;

namespace EventCluster.Hosting.Node;

/// <summary>
/// Threads that the system gives this process (<c>pids.max</c> of its control group). The pool's growth is bounded below it:
/// a thread that the pool wants and the system refuses can end the process, one that the pool does not want cannot.
/// </summary>
/// <param name="Limit">All of them.</param>
/// <param name="InUse">In use when the server starts, those of other processes of the group included.</param>
internal sealed record ThreadLimit(int Limit, int InUse)
{
    /// <summary>Kept for what is not the pool's: the runtime's own threads, the journal, the pumps, the log, commands run beside it.</summary>
    public const int Reserve = 24;

    /// <summary>Fewer would let one slow file operation hold up everything.</summary>
    private const int FewestWorkers = 4;

    private const string LimitFile = "pids.max";
    private const string UseFile = "pids.current";

    /// <summary>Most threads of the pool.</summary>
    public int Workers => Math.Max(FewestWorkers, Limit - InUse - Reserve);

    /// <summary>The limit of this process; null when there is none.</summary>
    /// <param name="root">Where control groups are mounted.</param>
    /// <param name="membership">What the system says of this process's groups, <c>/proc/self/cgroup</c>.</param>
    public static ThreadLimit? Read(string root = "/sys/fs/cgroup", string membership = "/proc/self/cgroup")
    {
        ThreadLimit? least = null;
        foreach (var folder in Folders(root, membership))
        {
            if (Number(Path.Combine(folder, LimitFile)) is { } limit
                && (least is null || limit < least.Limit))
            {
                least = new ThreadLimit(limit, Number(Path.Combine(folder, UseFile)) ?? 0);
            }
        }

        return least;
    }

    /// <summary>Bounds the pool; its least number of threads stays as it is.</summary>
    public void Apply()
    {
        ThreadPool.GetMaxThreads(out var workers, out var completions);
        ThreadPool.GetMinThreads(out var least, out _);
        if (Workers < workers)
        {
            ThreadPool.SetMaxThreads(Math.Max(Workers, least), completions);
        }
    }

    /// <inheritdoc />
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Workers} pool threads at most: pids.max is {Limit}, {InUse} are in use and {Reserve} are kept");

    private static IEnumerable<string> Folders(string root, string membership)
    {
        yield return root;
        yield return Path.Combine(root, "pids");
        foreach (var line in Lines(membership))
        {
            // "0::/path" (version 2) or "7:pids:/path" (version 1).
            if (line.Split(':', 3) is [_, var controllers, var path] && controllers is "" or "pids" && path.Length > 1)
            {
                yield return Path.Combine(root, controllers, path.TrimStart('/'));
            }
        }
    }

    private static string[] Lines(string file)
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static int? Number(string file) =>
        Lines(file) is [var text, ..] && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
