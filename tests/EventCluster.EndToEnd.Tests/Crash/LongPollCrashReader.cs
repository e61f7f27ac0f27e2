using EventCluster.EndToEnd.Tests.Http;
using EventCluster.TestKit.History;

namespace EventCluster.EndToEnd.Tests.Crash;

/// <summary>Long-polls from its last offset.</summary>
public sealed class LongPollCrashReader(HttpClient client, HistoryRecorder history, string stream)
    : CrashReader(client, history, "long-poll", stream)
{
    /// <inheritdoc />
    protected override async Task ReadOnceAsync(CancellationToken cancellationToken)
    {
        using var answer = await Client.GetAsync(new Uri(Path + OffsetQuery + "&live=long-poll", UriKind.Relative), cancellationToken);
        answer.EnsureSuccessStatusCode();
        if (answer.StatusCode == System.Net.HttpStatusCode.OK)
        {
            ObserveArray(await answer.Content.ReadAsStringAsync(cancellationToken), StreamClient.Next(answer));
        }
    }
}
