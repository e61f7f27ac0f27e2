using System.Net.Http.Headers;
using EventCluster.Faults.Servers;
using EventCluster.Protocol;

namespace EventCluster.Faults.Crashes;

/// <summary>
/// A few operations of every kind, one after the other, whatever becomes of the server meanwhile. An operation that is refused
/// or not answered is not repeated, so its outcome stays open.
/// </summary>
internal sealed class Script : IExpectation
{
    private readonly ScriptedStream _text = new("crash/text", isJson: false);
    private readonly ScriptedStream _json = new("crash/json", isJson: true);
    private readonly ScriptedStream _deleted = new("crash/deleted", isJson: false);
    private readonly ScriptedStream _fork = new("crash/fork", isJson: false);
    private readonly ScriptedStream _probe = new("crash/probe", isJson: false);
    private readonly List<string> _surprises = [];

    /// <summary>Operations that were acknowledged.</summary>
    public int Acknowledged { get; private set; }

    /// <summary>Runs all operations.</summary>
    public async Task RunAsync(HttpClient client)
    {
        await CreateAsync(client, _text, "t0");
        var behindFirst = await AppendAsync(client, _text, null, "t1");
        await CreateAsync(client, _json, "j0");
        await AppendAsync(client, _json, 0, "j1", "j2");
        await AppendAsync(client, _json, 1, "j3");
        await CreateAsync(client, _deleted, "d0");
        var deleted = await SendAsync(client, HttpMethod.Delete, _deleted, [], _ => { });
        _deleted.Deleted(deleted is not null);
        var last = await AppendAsync(client, _text, null, "t2");
        if (behindFirst is not null)
        {
            var trimmed = await SendAsync(client, HttpMethod.Post, _text, [], request => request.Headers.Add(HeaderNames.TrimBefore, behindFirst));
            _text.Trimmed(2, trimmed is not null);
        }

        await ForkAsync(client, hasLast: last is not null);
        await AppendAsync(client, _text, null, "t3");
    }

    /// <summary>A server that came back takes new events; what is wrong, or null.</summary>
    public static async Task<string?> ProbeAsync(HttpClient client)
    {
        var script = new Script();
        await script.CreateAsync(client, script._probe, "p0");
        return script.Acknowledged == 0
            ? "the server came back and takes no events"
            : script._probe.FindFault(await StreamAnswers.ReadAsync(client, script._probe.Name));
    }

    /// <summary>Claims an event that was never sent: a check that does not miss it shows nothing.</summary>
    public void Pretend() => _text.Appended("never sent", isAcknowledged: true);

    public async Task<string?> FindFaultAsync(HttpClient client)
    {
        foreach (var stream in new[] { _text, _json, _deleted, _fork })
        {
            if (stream.FindFault(await StreamAnswers.ReadAsync(client, stream.Name)) is { } fault)
            {
                return fault;
            }
        }

        return _surprises.FirstOrDefault();
    }

    private async Task CreateAsync(HttpClient client, ScriptedStream stream, string first)
    {
        var created = await SendAsync(client, HttpMethod.Put, stream, ScriptedStream.Encode(stream.IsJson, first), _ => { });
        stream.Created(created is not null);
        stream.Appended(first, created is not null);
    }

    /// <returns>The position behind the events; null if they were not acknowledged.</returns>
    private async Task<string?> AppendAsync(HttpClient client, ScriptedStream stream, int? sequence, params string[] events)
    {
        var next = await SendAsync(client, HttpMethod.Post, stream, ScriptedStream.Encode(stream.IsJson, events), request =>
        {
            if (sequence is { } number)
            {
                request.Headers.Add(HeaderNames.ProducerId, "p");
                request.Headers.Add(HeaderNames.ProducerEpoch, "0");
                request.Headers.Add(HeaderNames.ProducerSeq, $"{number}");
            }
        });
        foreach (var one in events)
        {
            stream.Appended(one, next is not null);
        }

        return next;
    }

    private async Task ForkAsync(HttpClient client, bool hasLast)
    {
        var forked = await SendAsync(client, HttpMethod.Put, _fork, [], request => request.Headers.Add(HeaderNames.ForkedFrom, $"/v1/stream/{_text.Name}"));
        _fork.Created(forked is not null);

        // It inherits what its source holds when it is made. What was trimmed for certain is not asked for.
        _fork.Appended("t0", isAcknowledged: false);
        _fork.Appended("t1", isAcknowledged: false);
        _fork.Appended("t2", forked is not null && hasLast);
        await AppendAsync(client, _fork, null, "f0");
    }

    /// <returns>The position of the answer, or something else that is not null, if the operation was acknowledged.</returns>
    private async Task<string?> SendAsync(
        HttpClient client, HttpMethod method, ScriptedStream stream, byte[] body, Action<HttpRequestMessage> change)
    {
        using var request = new HttpRequestMessage(method, $"/v1/stream/{stream.Name}");
        if (body.Length > 0)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(stream.IsJson ? "application/json" : "text/plain");
        }

        change(request);
        try
        {
            using var answer = await client.SendAsync(request);
            if (!answer.IsSuccessStatusCode)
            {
                return null;
            }

            Acknowledged++;
            return answer.Headers.TryGetValues(HeaderNames.NextOffset, out var next) ? next.Single() : "";
        }
        catch (HttpRequestException)
        {
            return null;
        }
        catch (TaskCanceledException)
        {
            _surprises.Add($"{method} of '{stream.Name}' was never answered");
            return null;
        }
    }
}
