using System.Net;
using System.Net.Http.Headers;
using System.Text;
using EventCluster.Protocol;
using EventCluster.TestKit.History;

namespace EventCluster.EndToEnd.Tests.Crash;

/// <summary>An idempotent producer: each append is retried with the same stamp until it is acknowledged.</summary>
public sealed class CrashProducer(
    HttpClient client, HistoryRecorder history, string id, string[] streams, Random random, Action onAcknowledged)
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(20);

    /// <summary>Appends until told to stop; the append under way is finished.</summary>
    public async Task RunAsync(Func<bool> stop, CancellationToken cancellationToken)
    {
        var next = new long[streams.Length];
        while (!stop())
        {
            var stream = random.Next(streams.Length);
            var number = next[stream]++;
            string[] payloads = [.. Enumerable.Range(0, 1 + random.Next(CrashOptions.MaxEventsPerAppend)).Select(i => $"\"{id}/{number}/{i}\"")];
            history.Attempt(streams[stream], id, number, payloads);
            var acknowledged = await AppendAsync(streams[stream], number, payloads, cancellationToken);
            history.Acknowledge(streams[stream], id, number, acknowledged);
            onAcknowledged();
        }
    }

    private async Task<StreamOffset?> AppendAsync(string stream, long number, string[] payloads, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                using var request = Request(stream, number, payloads);
                using var answer = await client.SendAsync(request, cancellationToken);
                switch (answer.StatusCode)
                {
                    case HttpStatusCode.OK:
                        return StreamOffset.Parse(answer.Headers.GetValues(HeaderNames.NextOffset).Single());
                    case HttpStatusCode.NoContent:
                        // A duplicate: its tail may lie behind the append.
                        return null;
                    case HttpStatusCode.ServiceUnavailable:
                        break;
                    default:
                        throw new InvalidDataException($"{stream} {number} of {id}: {(int)answer.StatusCode} "
                            + await answer.Content.ReadAsStringAsync(cancellationToken));
                }
            }
            catch (HttpRequestException)
            {
                // The server is down; the same append goes out again.
            }

            await Task.Delay(RetryDelay, TimeProvider.System, cancellationToken);
        }
    }

    private HttpRequestMessage Request(string stream, long number, string[] payloads)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/stream/{stream}")
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes($"[{string.Join(',', payloads)}]")),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add(HeaderNames.ProducerId, id);
        request.Headers.Add(HeaderNames.ProducerEpoch, "0");
        request.Headers.Add(HeaderNames.ProducerSeq, number.ToString());
        return request;
    }
}
