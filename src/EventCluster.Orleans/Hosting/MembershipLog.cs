using EventCluster.Orleans.Loops;
using Microsoft.Extensions.Logging;

namespace EventCluster.Orleans.Hosting;

/// <summary>Says in one line each which silos join, leave, and are voted out, and by whom.</summary>
internal sealed partial class MembershipLog(
    IClusterMembershipService membership, SiloVotes votes, ILocalSiloDetails silo, TimeProvider time, ILogger<MembershipLog> logger)
    : SiloLoop(Interval, time, logger)
{
    /// <summary>How often it looks.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private Dictionary<SiloAddress, SiloStatus> _seen = [];

    /// <inheritdoc />
    protected override async Task TurnAsync(CancellationToken cancellationToken)
    {
        var members = membership.CurrentSnapshot.Members;
        var before = _seen;
        _seen = members.ToDictionary(static member => member.Key, static member => member.Value.Status);
        foreach (var (address, member) in members)
        {
            var was = before.GetValueOrDefault(address);
            if (was != member.Status && !address.Equals(silo.SiloAddress))
            {
                await SayAsync(member, was, cancellationToken);
            }
        }
    }

    private async Task SayAsync(ClusterMember member, SiloStatus was, CancellationToken cancellationToken)
    {
        var (name, address) = (member.Name, member.SiloAddress.Endpoint);
        switch (member.Status)
        {
            case SiloStatus.Active:
                LogJoined(logger, name, address);
                break;
            case SiloStatus.ShuttingDown when was == SiloStatus.Active:
                LogLeaving(logger, name, address);
                break;

            // One that was gone before this one looked is no news.
            case SiloStatus.Dead when was is SiloStatus.Active or SiloStatus.Joining:
                var voters = await votes.AgainstAsync(member.SiloAddress, cancellationToken);
                if (voters.Count > 0)
                {
                    LogVotedOut(logger, name, address, string.Join(", ", voters));
                }
                else
                {
                    LogGone(logger, name, address);
                }

                break;
            case SiloStatus.Dead when was is SiloStatus.ShuttingDown or SiloStatus.Stopping:
                LogLeft(logger, name, address);
                break;
        }
    }

    [LoggerMessage(6090, LogLevel.Information, "Node {Name} at {Address} is in the cluster")]
    private static partial void LogJoined(ILogger logger, string name, System.Net.IPEndPoint address);

    [LoggerMessage(6091, LogLevel.Information, "Node {Name} at {Address} is leaving the cluster")]
    private static partial void LogLeaving(ILogger logger, string name, System.Net.IPEndPoint address);

    [LoggerMessage(6092, LogLevel.Information, "Node {Name} at {Address} has left the cluster")]
    private static partial void LogLeft(ILogger logger, string name, System.Net.IPEndPoint address);

    [LoggerMessage(6093, LogLevel.Warning, "Node {Name} at {Address} was voted out of the cluster by {Voters}")]
    private static partial void LogVotedOut(ILogger logger, string name, System.Net.IPEndPoint address, string voters);

    [LoggerMessage(6094, LogLevel.Warning, "Node {Name} at {Address} is gone without a vote: it left, or was started again at its address")]
    private static partial void LogGone(ILogger logger, string name, System.Net.IPEndPoint address);
}
