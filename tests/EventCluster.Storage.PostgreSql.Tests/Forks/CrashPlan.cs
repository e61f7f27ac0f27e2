using EventCluster.Abstractions.Store;

namespace EventCluster.Storage.PostgreSql.Tests.Forks;

/// <summary>When all nodes crash: at a commit counted from <see cref="Arm"/>, before or after it landed.</summary>
public sealed class CrashPlan
{
    private int _left = int.MaxValue;

    /// <summary>Whether the last commit landed.</summary>
    public bool LastLands { get; private set; }

    /// <summary>True after the crash.</summary>
    public bool HasCrashed => Volatile.Read(ref _left) <= 0;

    /// <summary>The commit with this number, from now on, is the last one.</summary>
    public void Arm(int commit, bool lands)
    {
        LastLands = lands;
        Volatile.Write(ref _left, commit);
    }

    /// <summary>Counts a commit.</summary>
    public bool IsTheLastCommit() => Interlocked.Decrement(ref _left) == 0;

    /// <summary>Throws after the crash.</summary>
    public void Check()
    {
        if (HasCrashed)
        {
            throw new StoreUnreachableException("Crashed (planned).");
        }
    }
}
