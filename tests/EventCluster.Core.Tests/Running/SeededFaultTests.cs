using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Streams;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Core.Tests.Running;

/// <summary>
/// Goal: with idempotent producers, every accepted append is there once and in order, whatever the store does.
/// Method: producers retry against seeded faults of every kind while readers follow; then the log is read once more.
/// </summary>
public sealed class SeededFaultTests
{
    private const int Producers = 4;
    private const int AppendsPerProducer = 60;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Append_UnderSeededFaults_LeavesEachEventOnceAndInOrder(int seed)
    {
        await using var fixture = new DirectoryFixture(seed: seed);
        var stream = fixture.At("s");
        var created = await stream.NewAsync();
        fixture.Store.Probabilities[CommitFault.FailBefore] = 0.1;
        fixture.Store.Probabilities[CommitFault.FailAfter] = 0.1;
        fixture.Store.Probabilities[CommitFault.Conflict] = 0.1;
        fixture.Store.Probabilities[CommitFault.Full] = 0.05;
        fixture.Store.OpenFailureProbability = 0.05;
        fixture.Store.YieldsBeforeCommits = true;
        var readers = Enumerable.Range(0, 3).Select(_ => FollowAsync(stream, created.Tail)).ToArray();

        await Phase.OfAsync("producers end", Task.WhenAll(Enumerable.Range(0, Producers).Select(p => ProduceAsync(stream, $"p{p}"))));
        fixture.Store.Probabilities.Clear();
        fixture.Store.OpenFailureProbability = 0;
        await stream.CloseAsync();

        var final = await stream.TextsAsync();
        Assert.Equal(Producers * AppendsPerProducer, final.Length);
        for (var p = 0; p < Producers; p++)
        {
            Assert.Equal(
                Enumerable.Range(0, AppendsPerProducer).Select(i => $"p{p}:{i}"),
                final.Where(text => text.StartsWith($"p{p}:", StringComparison.Ordinal)));
        }

        foreach (var seen in await Phase.OfAsync("readers end", Task.WhenAll(readers)))
        {
            Assert.Equal(final, seen);
        }

        Assert.All(fixture.Store.Counts, fault => Assert.True(fault.Value > 0));
    }

    private static async Task ProduceAsync(IStreamHandle stream, string producer)
    {
        for (var i = 0; i < AppendsPerProducer;)
        {
            AppendOutcome? outcome = null;
            await Task.Yield();
            try
            {
                outcome = await stream.AppendAsync(
                    new AppendRequest
                    {
                        Events = TestData.Payloads($"{producer}:{i}"),
                        Producer = new ProducerStamp(producer, 0, i),
                    },
                    Cancellation);
            }
            catch (IOException)
            {
                // The stream could not be opened; the retry is what this test is about.
            }

            Assert.True(
                outcome is null or AppendOutcome.Appended or AppendOutcome.Duplicate or AppendOutcome.Unavailable, $"{outcome}");
            i += outcome is AppendOutcome.Appended or AppendOutcome.Duplicate ? 1 : 0;
        }
    }

    private static async Task<List<string>> FollowAsync(IStreamHandle stream, Protocol.StreamOffset from)
    {
        List<string> seen = [];
        while (true)
        {
            ReadOutcome outcome;
            try
            {
                outcome = await stream.WaitAsync(from);
            }
            catch (IOException)
            {
                continue;
            }

            if (outcome is ReadOutcome.Batch batch)
            {
                Assert.Equal(from, batch.From);
                seen.AddRange(batch.Texts());
                from = batch.Next;
                if (batch.AtEnd)
                {
                    return seen;
                }
            }
            else
            {
                Assert.IsType<ReadOutcome.Unavailable>(outcome);
            }
        }
    }
}
