using EventCluster.EndToEnd.Tests.Http;
using EventCluster.Protocol;
using EventCluster.TestKit.History;

namespace EventCluster.EndToEnd.Tests.Crash;

/// <summary>Polls with plain GETs.</summary>
public sealed class GetCrashReader(HttpClient client, HistoryRecorder history, string stream, string name = "get")
    : CrashReader(client, history, name, stream)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Reads once from the start to a tail, after everything else ended: the final view.</summary>
    public async Task ReadFinalAsync(long tail, CancellationToken cancellationToken)
    {
        History.Start(Stream, Name, null);
        while (Sequence < tail)
        {
            await ReadOnceAsync(cancellationToken);
        }

        History.Final(Stream, Name);
    }

    /// <inheritdoc />
    protected override async Task ReadOnceAsync(CancellationToken cancellationToken)
    {
        using var answer = await Client.GetAsync(new Uri(Path + OffsetQuery, UriKind.Relative), cancellationToken);
        answer.EnsureSuccessStatusCode();
        ObserveArray(await answer.Content.ReadAsStringAsync(cancellationToken), StreamClient.Next(answer));
        if (answer.Headers.Contains(HeaderNames.UpToDate))
        {
            await Task.Delay(PollInterval, TimeProvider.System, cancellationToken);
        }
    }
}
