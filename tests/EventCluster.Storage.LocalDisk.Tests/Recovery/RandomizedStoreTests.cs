using Xunit;

namespace EventCluster.Storage.LocalDisk.Tests.Recovery;

/// <summary>
/// Random commits, trims, deletes, crashes and restarts over a faulty disk, compared with a model after each restart.
/// Deterministic: a seed that fails fails again.
/// </summary>
public sealed class RandomizedStoreTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 40)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Store_RandomFaultsAndCrashes_KeepsWhatItAcknowledged(int seed) => new RandomizedStore(seed).Run(rounds: 60);

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Store_WithoutFlushes_LosesOnlyWithThePowerAndStaysWhole(int seed) =>
        new RandomizedStore(seed) { Flush = false }.Run(rounds: 60);

    [Fact]
    public void Store_SameSeedTwice_DoesTheSame()
    {
        var first = new RandomizedStore(5);
        var second = new RandomizedStore(5);

        first.Run(rounds: 40);
        second.Run(rounds: 40);

        Assert.Equal(first.Trace, second.Trace);
    }

    [Fact]
    public void Store_OverADiskThatSkipsFlushes_IsCaught()
    {
        // The check itself is checked: a lying device must make some seed fail.
        var caught = Enumerable.Range(0, 10).Count(seed =>
        {
            try
            {
                new RandomizedStore(seed) { SkipFlush = true }.Run(rounds: 60);
                return false;
            }
            catch (Exception)
            {
                return true;
            }
        });

        Assert.InRange(caught, 5, 10);
    }
}
