using System.Net.Http.Headers;
using EventCluster.EndToEnd.Tests.Http;
using EventCluster.Protocol;
using EventCluster.TestKit.History;

namespace EventCluster.EndToEnd.Tests.Crash;

/// <summary>Reads as an EventSource does: first without a position, then with <c>Last-Event-ID</c>.</summary>
public sealed class SseCrashReader(HttpClient client, HistoryRecorder history, string stream)
    : CrashReader(client, history, "sse", stream)
{
    /// <inheritdoc />
    protected override async Task ReadOnceAsync(CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, Path);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        if (Position is { } position)
        {
            request.Headers.Add("Last-Event-ID", position.ToString());
        }

        var answer = await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        answer.EnsureSuccessStatusCode();
        using var events = new EventSourceReader(answer, await answer.Content.ReadAsStreamAsync(cancellationToken));
        while (await events.NextAsync(cancellationToken) is { } next)
        {
            if (next.Type != "message")
            {
                throw new InvalidDataException($"{Stream}: {next}");
            }

            Observe(StreamOffset.Parse(next.Id), next.Data);
        }
    }
}
