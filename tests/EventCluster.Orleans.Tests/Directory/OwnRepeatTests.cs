using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Streams;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Orleans.Tests.Directory;

/// <summary>
/// An edge that repeats a request by itself, because an attempt had no answer, answers it as the first attempt would have been: same
/// outcome, same positions, whatever others appended meanwhile. A client's own repeat stays one.
/// </summary>
public sealed class OwnRepeatTests : LaneTest
{
    /// <summary>Requests of every kind: with the client's identity or without, with a position or without, closing or not.</summary>
    public static TheoryData<bool, bool, bool, int> Kinds
    {
        get
        {
            var table = new TheoryData<bool, bool, bool, int>();
            foreach (var hasProducer in (bool[])[false, true])
            {
                foreach (var hasExpected in (bool[])[false, true])
                {
                    foreach (var closes in (bool[])[false, true])
                    {
                        foreach (var others in closes ? (int[])[0] : [0, 1, 700])
                        {
                            table.Add(hasProducer, hasExpected, closes, others);
                        }
                    }
                }
            }

            return table;
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Append_LandsWithoutAnAnswer_IsAnsweredLikeTheFirst(bool hasProducer, bool hasExpected, bool closes, int others)
    {
        await Stream.PutAsync("before", "a");
        var tail = (await Stream.StateAsync()).Tail;
        var request = new AppendRequest
        {
            Events = TestData.Payloads("a", "b"),
            Close = closes,
            Producer = hasProducer ? new ProducerStamp("p", 3, 0) : null,
            ExpectedOffset = hasExpected ? tail : null,
        };
        AppendOutcome? first = null;
        Grain.Script(async requests =>
        {
            first = (await Grain.ApplyAsync(requests))[0];
            for (var i = 0; i < others; i++)
            {
                await Stream.PutAsync($"other {i}");
            }

            throw new TimeoutException();
        });

        var answer = await SendAsync(request);

        Assert.Equal(new AppendOutcome.Appended(tail, new StreamOffset(tail.Incarnation, tail.Sequence + 2), closes), first);
        Assert.Equal(first, answer);
        Assert.Equal(2, Grain.Calls.Count);
        Assert.Equal(1, (await Stream.TextsAsync()).Count(static text => text == "b"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Close_LandsWithoutAnAnswer_IsAnsweredLikeTheFirst(bool hasProducer)
    {
        // The edge knows which stream is meant.
        await SendAsync("before");
        AppendOutcome? first = null;
        Grain.Script(async requests =>
        {
            first = (await Grain.ApplyAsync(requests))[0];
            throw new TimeoutException();
        });

        var answer = await SendAsync(new AppendRequest { Events = [], Close = true, Producer = hasProducer ? new ProducerStamp("p", 0, 0) : null });

        Assert.Equal(first, answer);
    }

    /// <summary>Several requests of one client, equal ones too, go in one call that lands: each has its own place.</summary>
    [Theory]
    [InlineData(true, 0)]
    [InlineData(true, 3)]
    [InlineData(false, 0)]
    [InlineData(false, 3)]
    public async Task Appends_OfOneCallLandWithoutAnAnswer_AreAnsweredLikeTheFirst(bool hasProducer, int others)
    {
        var gate = new TaskCompletionSource();
        Grain.Script(async requests =>
        {
            await gate.Task;
            return await Grain.ApplyAsync(requests);
        });
        AppendOutcome[] first = [];
        Grain.Script(async requests =>
        {
            first = await Grain.ApplyAsync(requests);
            for (var i = 0; i < others; i++)
            {
                await Stream.PutAsync("tick");
            }

            throw new TimeoutException();
        });
        string[] texts = ["head", "tick", "tick", "tock"];
        var sent = texts.Select((text, i) => SendAsync(
            Plain(text) with { Producer = hasProducer ? new ProducerStamp("p", 0, i) : null })).ToArray();
        gate.SetResult();

        var answers = await Task.WhenAll(sent);

        Assert.Equal(3, first.Length);
        Assert.Equal(first, answers[1..]);
    }

    /// <summary>Where its events stand in two places nobody can tell which are its own: success, with the tail behind both.</summary>
    [Fact]
    public async Task Append_ItsEventsStandTwice_IsAnsweredWithTheTail()
    {
        await Stream.PutAsync("x");
        Grain.Script(async requests =>
        {
            await Grain.ApplyAsync(requests);
            throw new TimeoutException();
        });

        var appended = Assert.IsType<AppendOutcome.Appended>(await SendAsync("x"));

        Assert.Equal((await Stream.StateAsync()).Tail, appended.Next);
    }

    [Fact]
    public async Task Append_IsTrimmedMeanwhile_IsAnsweredWithTheTail()
    {
        Grain.Script(async requests =>
        {
            await Grain.ApplyAsync(requests);
            await Stream.PutAsync("y");
            await Stream.TrimAsync((await Stream.StateAsync()).Tail, CancellationToken.None);
            throw new TimeoutException();
        });

        var appended = Assert.IsType<AppendOutcome.Appended>(await SendAsync("x"));

        Assert.Equal((await Stream.StateAsync()).Tail, appended.Next);
    }

    [Fact]
    public async Task ClientsOwnRepeat_IsADuplicate()
    {
        var request = Plain("a") with { Producer = new ProducerStamp("p", 0, 0) };
        Assert.IsType<AppendOutcome.Appended>(await SendAsync(request));

        Assert.IsType<AppendOutcome.Duplicate>(await SendAsync(request));
    }

    /// <summary>A producer that has gone on since repeats by itself, also when an attempt of the edge had no answer.</summary>
    [Fact]
    public async Task ClientsOwnRepeat_OfAnOlderRequestWithoutAnAnswer_IsADuplicate()
    {
        for (var i = 0; i < 3; i++)
        {
            Assert.IsType<AppendOutcome.Appended>(await SendAsync(Plain($"{i}") with { Producer = new ProducerStamp("p", 0, i) }));
        }

        Grain.Script(static _ => throw new TimeoutException());

        Assert.IsType<AppendOutcome.Duplicate>(await SendAsync(Plain("1") with { Producer = new ProducerStamp("p", 0, 1) }));
        Assert.Equal(["0", "1", "2"], await Stream.TextsAsync());
    }
}
