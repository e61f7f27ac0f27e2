using Xunit;

namespace EventCluster.Protocol.Tests;

public sealed class ProtocolLimitsTests
{
    [Fact]
    public void Limits_RelateAsTheDesignNeeds()
    {
        Assert.True(ProtocolLimits.MaxEventBytes <= ProtocolLimits.MaxReadAnswerBytes, "one event fits an answer");
        Assert.True(ProtocolLimits.MaxEventBytes <= ProtocolLimits.MaxRequestBodyBytes, "one event fits a body");
        Assert.True(
            EventBlock.EncodedBytes(ProtocolLimits.MaxEventsPerAppend, ProtocolLimits.MaxRequestBodyBytes)
                <= ProtocolLimits.MaxBlockBytes,
            "a full append fits one block");
        Assert.True(ProtocolLimits.MaxReadAnswerEvents >= 1 && ProtocolLimits.MaxForkDepth >= 1);
        Assert.Equal(9_007_199_254_740_991, ProtocolLimits.MaxProducerNumber);
    }
}
