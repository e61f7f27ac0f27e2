namespace EventCluster.TestKit.Servers;

/// <summary>One process of a cluster.</summary>
/// <param name="Name">As the script calls it: <c>backlog-1</c>, <c>edge-2</c>, <c>nginx</c>.</param>
/// <param name="Pid">Its process id.</param>
/// <param name="Url">Where it answers HTTP.</param>
/// <param name="IsRunning">Whether it runs.</param>
public sealed record ClusterProcess(string Name, int Pid, Uri Url, bool IsRunning);
