namespace EventCluster.Faults.Crashes;

/// <summary>A fault at the n-th call of one kind on one file, counted by thread.</summary>
/// <param name="Call">Name of the system call.</param>
/// <param name="Path">Full path of the file or folder.</param>
/// <param name="Action">Name of an error, or <c>SIGKILL</c>.</param>
/// <param name="Number">Which call, from 1.</param>
internal sealed record Injection(string Call, string Path, string Action, int Number)
{
    /// <summary>Name of the signal that nothing survives.</summary>
    public const string Killed = "SIGKILL";

    /// <summary>The process is killed at the call; else the call fails.</summary>
    public bool Kills => Action == Killed;

    /// <summary>As an expression of <c>strace</c>.</summary>
    public string Expression => $"inject={Call}:{(Kills ? "signal" : "error")}={Action}:when={Number}";

    public override string ToString() => $"{Action} at {Call} {Number} of {System.IO.Path.GetFileName(Path)}";
}
