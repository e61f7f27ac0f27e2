using System.Text.Json;
using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Tests.Server;
using EventCluster.Edge.Tests.SignalR;
using EventCluster.Edge.Tests.WebSockets;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;

namespace EventCluster.Edge.Tests.Claims;

/// <summary>
/// An edge whose owner is gone answers every request within the documented time, however many calls it needs and whichever of them has no
/// answer. The owner's calls move the test's clock, so nothing here takes real time.
/// </summary>
public sealed class SilentOwnerTests
{
    private const string Stream = "/v1/stream/s";

    /// <summary>Of each request: method, target, body and headers; TAIL stands for the tail.</summary>
    private static readonly Dictionary<string, string[]> Requests = new()
    {
        ["HEAD"] = ["HEAD", Stream, ""],
        ["GET at the tail"] = ["GET", Stream + "?offset=TAIL", ""],
        ["GET from the start"] = ["GET", Stream + "?offset=-1", ""],
        ["GET from a position"] = ["GET", Stream + "?offset=FIRST", ""],
        ["GET now"] = ["GET", Stream + "?offset=now", ""],
        ["GET last"] = ["GET", Stream + "?last=70", ""],
        ["GET of an unknown id"] = ["GET", Stream, "", "Last-Event-ID: foreign", "Accept: text/event-stream"],
        ["long-poll"] = ["GET", Stream + "?live=long-poll&offset=TAIL&wait=5", ""],
        ["long-poll now"] = ["GET", Stream + "?live=long-poll&offset=now&wait=5", ""],
        ["live=sse"] = ["GET", Stream + "?live=sse&offset=TAIL", ""],
        ["live=sse now"] = ["GET", Stream + "?live=sse&offset=now", ""],
        ["live=sse from the start"] = ["GET", Stream + "?live=sse&offset=-1", ""],
        ["EventSource"] = ["GET", Stream + "?offset=TAIL", "", "Accept: text/event-stream"],
        ["EventSource now"] = ["GET", Stream + "?offset=now", "", "Accept: text/event-stream"],
        ["EventSource from the start"] = ["GET", Stream + "?offset=-1", "", "Accept: text/event-stream"],
        ["composite"] = ["GET", "/v1/streams?stream=s&offset=TAIL", ""],
        ["composite now"] = ["GET", "/v1/streams?stream=s&offset=now", ""],
        ["PUT"] = ["PUT", "/v1/stream/new", "", "Content-Type: text/plain"],
        ["PUT of a fork"] = ["PUT", "/v1/stream/fork", "x", "Stream-Forked-From: /v1/stream/s"],
        ["POST"] = ["POST", Stream, "x", "Content-Type: text/plain"],
        ["POST with producer"] = ["POST", Stream, "x", "Content-Type: text/plain", "Producer-Id: p", "Producer-Epoch: 0", "Producer-Seq: 0"],
        ["close"] = ["POST", Stream, "", "Stream-Closed: true"],
        ["trim"] = ["POST", Stream, "", "Stream-Trim-Before: FIRST"],
        ["configure"] = ["POST", Stream, "", "Stream-Retain-Events: 5"],
        ["DELETE"] = ["DELETE", Stream, ""],
    };

    public static TheoryData<string, int, int> EveryRequest()
    {
        var data = new TheoryData<string, int, int>();
        foreach (var request in Requests.Keys)
        {
            data.Add(request, 0, 0);
            if (request == "composite")
            {
                // One call, and then its answer has begun.
                continue;
            }

            data.Add(request, 1, 0);
            data.Add(request, 1, 6);
            if (request != "composite now")
            {
                data.Add(request, 2, 4);
            }
        }

        return data;
    }

    public static TheoryData<string, int, int> EveryOperation()
    {
        var data = new TheoryData<string, int, int>();
        foreach (var operation in new[] { "append", "describe", "subscribe", "subscribe now", "subscribe from the start" })
        {
            foreach (var way in new[] { "WebSocket", "SignalR" }.Where(way => way == "SignalR" || operation != "describe"))
            {
                data.Add($"{way} {operation}", 0, 0);
                data.Add($"{way} {operation}", 1, 6);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(EveryRequest))]
    public async Task Request_IsAnsweredInTime(string request, int answers, int seconds)
    {
        await using var scene = await Scene.StartAsync();
        string[] parts = [.. Requests[request].Select(part => part.Replace("TAIL", scene.Tail).Replace("FIRST", scene.First))];
        var wait = TimeSpan.FromSeconds(request.StartsWith("long-poll", StringComparison.Ordinal) ? 5 : 0);

        using var connection = await RawConnection.OpenAsync(scene.Server.Port);
        var began = scene.FallSilent(answers, seconds);
        await connection.WriteRequestAsync(parts[0], parts[1], parts[2].Length == 0 ? null : System.Text.Encoding.UTF8.GetBytes(parts[2]), parts[3..]);
        var head = await Phase.OfAsync("answer", connection.ReadHeadAsync());
        var took = scene.AnsweredAt - began;

        Assert.InRange(took, TimeSpan.Zero, SilentOwner.Bound + wait);
        if (answers > 0 && head.Status != 503)
        {
            // What was asked before the owner fell silent was enough, or events went out without a claim.
            Assert.InRange(head.Status, 200, 204);
            return;
        }

        if (request.StartsWith("EventSource", StringComparison.Ordinal) || request.StartsWith("composite", StringComparison.Ordinal)
            || request == "GET of an unknown id")
        {
            // Any other status would end an EventSource for good.
            Assert.Equal(200, head.Status);
            Assert.Contains("retry:", await Phase.OfAsync("frame", connection.ReadUntilAsync("\n\n")));
            return;
        }

        Assert.Equal((503, "1", "application/problem+json"), (head.Status, head["Retry-After"], head["Content-Type"]));
    }

    [Theory]
    [MemberData(nameof(EveryOperation))]
    public async Task Operation_IsAnsweredInTime(string operation, int answers, int seconds)
    {
        await using var scene = await Scene.StartAsync();
        var offset = operation.EndsWith(" now", StringComparison.Ordinal) ? "now" : operation.EndsWith("start", StringComparison.Ordinal) ? "-1" : scene.Tail;
        TimeSpan began;
        JsonElement answer;
        if (operation.StartsWith("WebSocket", StringComparison.Ordinal))
        {
            using var client = await SocketClient.OpenAsync(scene.Server, "/v1/streams");
            began = scene.FallSilent(answers, seconds);
            await client.SendAsync(operation.EndsWith("append", StringComparison.Ordinal)
                ? """{"type":"append","id":"1","stream":"s","contentType":"text/plain","events":[{"data":"x"}]}"""
                : $$"""{"type":"subscribe","id":1,"stream":"s","offset":"{{offset}}"}""");
            answer = await Phase.OfAsync("answer", client.ReceiveAsync());
        }
        else
        {
            await using var client = await HubClient.OpenAsync(scene.Server);
            began = scene.FallSilent(answers, seconds);
            try
            {
                if (operation.Contains("subscribe", StringComparison.Ordinal))
                {
                    await using var call = client.Subscribe("s", offset);
                    answer = (await Phase.OfAsync("answer", call.NextAsync()))!.Value;
                }
                else
                {
                    answer = operation.EndsWith("append", StringComparison.Ordinal)
                        ? await Phase.OfAsync("answer", client.AppendAsync("s", new { contentType = "text/plain", events = new[] { new { data = "x" } } }))
                        : await Phase.OfAsync("answer", client.DescribeAsync("s"));
                }
            }
            catch (HubException e)
            {
                using var document = JsonDocument.Parse(e.Message[e.Message.IndexOf('{', StringComparison.Ordinal)..]);
                answer = document.RootElement.Clone();
            }
        }

        Assert.InRange(scene.Server.Time.Elapsed - began, TimeSpan.Zero, SilentOwner.Bound);
        if (answers == 0)
        {
            Assert.Contains(answer.GetProperty("code").GetString(), new[] { "unavailable", "moved", "outcome_unknown" });
        }
    }

    /// <summary>A stream long enough that reading it asks more than once.</summary>
    private sealed class Scene : IAsyncDisposable, IStartupFilter
    {
        private readonly SilentOwner _owner;
        private readonly VirtualTimeProvider _clock;

        private Scene(SilentOwner owner, VirtualTimeProvider clock) => (_owner, _clock) = (owner, clock);

        public EdgeServer Server { get; private set; } = null!;

        /// <summary>When the server began the newest answer. A live response goes on asking after it, and with that the clock.</summary>
        public TimeSpan AnsweredAt { get; private set; }

        public string Tail { get; private set; } = "";

        public string First { get; private set; } = "";

        public static async Task<Scene> StartAsync()
        {
            var clock = new VirtualTimeProvider();
            var owner = new SilentOwner(clock);
            var scene = new Scene(owner, clock);
            scene.Server = await EdgeServer.StartAsync(
                front: owner, clock: clock, services: services => services.AddSingleton<IStartupFilter>(scene));
            await scene.Server.CreateAsync("s", "text/plain", "first");
            scene.First = (await scene.Server.SendAsync("HEAD", Stream))["Stream-Next-Offset"];
            var events = TestData.Payloads([.. Enumerable.Range(0, 99).Select(i => $"event {i}")]);
            var outcome = await owner.GetStream(StreamName.Parse("s")).AppendAsync(
                new AppendRequest { Events = events }, TestContext.Current.CancellationToken);
            scene.Tail = Assert.IsType<AppendOutcome.Appended>(outcome).Next.ToString();
            return scene;
        }

        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => builder =>
        {
            builder.Use((context, answer) =>
            {
                context.Response.OnStarting(() =>
                {
                    AnsweredAt = _clock.Elapsed;
                    return Task.CompletedTask;
                });
                return answer(context);
            });
            next(builder);
        };

        public TimeSpan FallSilent(int answers, int seconds)
        {
            _owner.FallSilent(answers, TimeSpan.FromSeconds(seconds));
            return Server.Time.Elapsed;
        }

        public async ValueTask DisposeAsync()
        {
            _owner.FallSilent(int.MaxValue, TimeSpan.Zero);
            await Server.DisposeAsync();
            await _owner.DisposeAsync();
        }
    }
}
