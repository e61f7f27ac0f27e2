using System.Net;
using EventCluster.Silo.Tests.Processes;
using EventCluster.TestKit.Servers;
using Xunit;

namespace EventCluster.Silo.Tests.Drills;

/// <summary>
/// An operator's drill: production's database is copied and a silo of the same configuration is started on the copy, before and
/// after <c>--restored</c>. Production runs on, with publishers, and notices nothing (CORRECTNESS rule 29).
/// </summary>
public sealed class DrillTests
{
    private const int CannotStart = 2;
    private const int Streams = 12;
    private const int EventsPerStream = 5;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static int Rounds { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("EVENTCLUSTER_DRILL_ROUNDS"), out var rounds) ? rounds : 1;

    /// <summary>
    /// Goal: nothing that is done on the copy reaches production. Method: the copy has production's membership with silos that live;
    /// twelve streams are deleted on it; production's streams, membership and publisher are compared with what they were.
    /// </summary>
    [Theory]
    [InlineData("dump")]
    [InlineData("base")]
    [InlineData("files")]
    public async Task Drill_OnACopy_LeavesProductionUntouchedBeforeAndAfterRestored(string how)
    {
        for (var round = 0; round < Rounds; round++)
        {
            await using var production = await Production.StartAsync(Streams, Cancellation);
            await production.AppendToAllAsync(EventsPerStream, Cancellation);
            await using var copied = await production.CopyAsync(how, Cancellation);
            var before = await production.DescribeAsync(Cancellation);
            production.StartPublishing(Cancellation);
            var drill = production.SettingsOn(copied);

            // Twice: what the first try leaves behind must not let the second one through.
            for (var attempt = 0; attempt < 2; attempt++)
            {
                var line = await SiloProcess.AssertRefusedAsync(drill with { SiloPort = FreePort.Next(), GatewayPort = FreePort.Next() }, CannotStart);
                Assert.Contains("copy", line, StringComparison.Ordinal);
                Assert.Contains("--restored", line, StringComparison.Ordinal);
                await production.AssertSameAsync(before, Cancellation);
            }

            var restoring = drill with { SiloPort = FreePort.Next(), More = [.. drill.More, "--restored"] };
            await using (var restored = await SiloProcess.StartAsync(restoring, Cancellation))
            {
                await production.AssertSameAsync(before, Cancellation);
                Assert.NotEqual(before.Cluster, await Production.AskAsync(drill, "SELECT id FROM $S.cluster", Cancellation));
                Assert.Equal("1", await Production.AskAsync(drill, "SELECT count(*)::text FROM $S.cluster_silos", Cancellation));
                for (var i = 0; i < Streams; i++)
                {
                    Assert.Equal(HttpStatusCode.NoContent, await Production.DeleteAsync(restored.Url, $"s{i}", Cancellation));
                }

                await production.AssertSameAsync(before, Cancellation);
            }

            // The copy is a cluster of its own now, and starts as one.
            await using (await SiloProcess.StartAsync(drill with { SiloPort = FreePort.Next(), GatewayPort = FreePort.Next() }, Cancellation))
            {
                await production.AssertSameAsync(before, Cancellation);
            }

            await production.StopPublishingAsync(Cancellation);
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"drill by {how}: the copy refused 2 times, then restored; {Streams} streams deleted on it; production's {Streams} streams with "
                + $"{before.Bytes} bytes the same in {production.Comparisons} comparisons, {production.Acknowledged} appends acknowledged beside it, all there.");
        }
    }
}
