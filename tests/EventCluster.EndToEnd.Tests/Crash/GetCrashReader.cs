using EventCluster.EndToEnd.Tests.Http;
using EventCluster.TestKit.History;

namespace EventCluster.EndToEnd.Tests.Crash;

/// <summary>Polls with plain GETs.</summary>
public sealed class GetCrashReader(HttpClient client, HistoryRecorder history, string stream)
    : CrashReader(client, history, "get", stream)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    /// <inheritdoc />
    protected override async Task ReadOnceAsync(CancellationToken cancellationToken)
    {
        using var answer = await Client.GetAsync(new Uri(Path + OffsetQuery, UriKind.Relative), cancellationToken);
        answer.EnsureSuccessStatusCode();
        ObserveArray(await answer.Content.ReadAsStringAsync(cancellationToken), StreamClient.Next(answer));
        await Task.Delay(PollInterval, TimeProvider.System, cancellationToken);
    }
}
